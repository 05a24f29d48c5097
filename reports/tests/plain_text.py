"""What a reader sees of a piece of the page."""

from __future__ import annotations

import re


def plain(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())
