"""Where the probe app runs: deployed, or on a local stack that is started for the survey."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reference_app.gateway import parent_death
from reference_app.gateway.run_folder import run_folder
from reference_app.survey.findings import SurveyError

PROBE_APP = Path(__file__).with_name("template.yaml")
_CONTROLLED = ("--quiet", "--control-port", "0")
_READY_WITHIN_S = 120.0
_STOPPED_WITHIN_S = 20.0


@dataclass(frozen=True)
class SurveyTarget:
    """Where a probe app is, and what opens it."""

    url: str
    management_endpoint: str
    region: str | None
    credentials: tuple[str, str] | None = None
    """Access key id and secret; None for those of the ordinary AWS chain."""
    control_url: str | None = None


@contextmanager
def survey_target(target: str, stack_options: Sequence[str]) -> Iterator[SurveyTarget]:
    """The target that `local`, a template, a target file or a URL means.

    A stack that has to be started runs for as long as the context lasts; `stack_options` are for it.
    Raises SurveyError for what can be none of these.
    """
    path = PROBE_APP if target == "local" else Path(target)
    if urlsplit(target).scheme in ("ws", "wss"):
        yield deployed(target)
    elif path.suffix == ".toml" and path.is_file():
        yield from_target_file(path)
    elif path.is_file():
        with _local_stack(path, stack_options) as started:
            yield started
    else:
        raise SurveyError(
            f"--target {target!r} is neither local, nor a ws:// or wss:// URL, nor a template or target file"
        )


def deployed(url: str) -> SurveyTarget:
    """A stage by its URL; `@connections` is under the same host and path."""
    parts = urlsplit(url)
    if not parts.hostname or not parts.path.strip("/") or parts.query:
        raise SurveyError(f"{url!r} is not a URL of a stage: wss://HOST/STAGE")
    scheme = "https" if parts.scheme == "wss" else "http"
    labels = parts.hostname.split(".")
    region = labels[2] if parts.hostname.endswith(".amazonaws.com") and len(labels) > 3 else None
    return SurveyTarget(url.rstrip("/"), f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}", region)


def from_target_file(path: Path) -> SurveyTarget:
    """What a ready file of `python -m reference_app` says. Raises SurveyError."""
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        target = deployed(str(content["url"]))
    except (OSError, ValueError, KeyError) as unreadable:
        raise SurveyError(f"{path} is no target file: {unreadable!r}") from unreadable
    management, keys = content.get("management", {}), content.get("credentials", {})
    credentials = (keys["access_key_id"], keys["secret_access_key"]) if keys else None
    return SurveyTarget(
        target.url,
        management.get("endpoint", target.management_endpoint),
        management.get("region", content.get("table", {}).get("region", target.region)),
        credentials,
        content.get("control", {}).get("url"),
    )


@contextmanager
def _local_stack(template: Path, options: Sequence[str]) -> Iterator[SurveyTarget]:
    with run_folder("survey-") as folder:
        ready, log = folder / "ready.toml", folder / "log"
        launcher = [sys.executable, parent_death.__file__, str(os.getpid())]
        command = [*launcher, sys.executable, "-m", "reference_app", str(template), *_CONTROLLED]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, "--ready-file", str(ready), *options], stdout=output, stderr=output
            )
        try:
            deadline = time.monotonic() + _READY_WITHIN_S
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SurveyError(f"the local stack did not start:\n{log.read_text(errors='replace')}")
                time.sleep(0.05)
            yield from_target_file(ready)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
