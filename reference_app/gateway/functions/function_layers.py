"""Where a function finds what its layers bring along.

Lambda unpacks the layers of a function into /opt, one over the other; here each stays where it is, and its
folders go onto the search paths, those of the last layer first.
"""

from __future__ import annotations

from pathlib import Path

from reference_app.gateway.template.application import Function


def python_folders(function: Function) -> list[Path]:
    """Folders for PYTHONPATH."""
    return _existing(function, f"python/lib/{function.runtime}/site-packages", "python")


def node_folders(function: Function) -> list[Path]:
    """Folders for NODE_PATH."""
    major = function.runtime.removeprefix("nodejs").partition(".")[0]
    return _existing(function, f"nodejs/node{major}/node_modules", "nodejs/node_modules")


def _existing(function: Function, *places: str) -> list[Path]:
    candidates = (layer / place for layer in reversed(function.layers) for place in places)
    return [folder for folder in candidates if folder.is_dir()]
