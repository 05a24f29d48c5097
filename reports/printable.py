"""Makes text from the wire safe to show: in a terminal, a page, a table cell."""

from __future__ import annotations

import unicodedata


def printable(text: str, most: int = 400) -> str:
    """`text` on one line, with everything that is no visible character written as an escape.

    That covers control characters (terminal escapes, newlines), format characters (which turn the
    reading direction around), lone surrogates and unassigned code points. At most `most` characters
    of it are kept; a longer text says how long it was.
    """
    kept = text if len(text) <= most else text[:most]
    # Most texts are plain, and there are many: str.isprintable is a hundred times faster.
    shown = kept if kept.isprintable() else "".join(c if _is_visible(c) else _escape(c) for c in kept)
    return shown if len(text) <= most else f"{shown}… ({len(text):,} characters)"


_JOINERS = "\u200c\u200d\ufe0e\ufe0f"
"""Format characters that belong to ordinary words and emoji."""


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ" or character == " " or character in _JOINERS


def _escape(character: str) -> str:
    code = ord(character)
    if character in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
