"""Payloads that backends are known to damage."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from conformance.harness.client import FRAME_LIMIT
from conformance.harness.message_format import SendFormat

_FIXED = (
    ("Zoë, Ångström, naïve", "e\u0301 is not é"),  # decomposed: a normalising backend merges them
    ("👩‍👩‍👧‍👦 🇪🇺 👍🏽", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢"),  # joiners, flags, modifiers, astral plane
    ("مرحبا بالعالم", "שלום עולם"),
    ("日本語・한국어・中文", "ไทย ਪੰਜਾਬੀ"),
    ("\u200b\u2060\ufeff", "\u202eright to left\u202c"),  # invisible; a trimming backend drops them
    ("line\none\r\ntab\t", "nul-free \u0001\u001f\u007f"),
    ("\\u0041 \\n \\\" '", "</script><b>&amp;%20+"),
    ("\ufffd\ufffe\U0010ffff", "\u2028\u2029"),
)
_DRAWN = 8
_LONGEST = 60
_SPARE = 600
"""Bytes left for the envelope and for what JSON adds."""


def unicode_texts(random: Random) -> Iterator[tuple[str, str]]:
    """Texts before and after an envelope: known troublemakers, then drawn from all of Unicode.

    In brackets, since outer white space is another clause's matter.
    """
    drawn = [(_drawn(random), _drawn(random)) for _ in range(_DRAWN)]
    for before, after in [*_FIXED, *drawn]:
        yield f"«{before}", f"{after}»"


def literal_texts(random: Random) -> list[str]:
    """Texts that a backend may take for something else; a number of its own makes each unique."""
    forms = (
        "{}",
        "-{}.50",
        '"{}"',
        "[{}]",
        '{{"n":{}}}',
        '{{ "action" : "sendmessage", "data":"{}" }}',
        "  outer white space {}\t ",
        "\n{}\n",
        "null {}",
        "{}e400",
        "0{}",
        "'{}'",
    )
    return [form.format(random.randrange(10**11, 10**12)) for form in forms]


def large_padding(send: SendFormat, random: Random) -> list[str]:
    """Fillers that bring a message close to one frame's 32 KB (RT-51): ASCII, and three-byte characters."""
    room = FRAME_LIMIT - _SPARE - len(send.render("").encode())
    words = "".join(random.choice("abcdefghijklmnopqrstuvwxyz ") for _ in range(room))
    return [words, "語" * (room // 3)]


def _drawn(random: Random) -> str:
    return "".join(_character(random) for _ in range(random.randrange(_LONGEST)))


def _character(random: Random) -> str:
    """Any Unicode scalar value; the planes are equally likely, surrogates are none."""
    plane = random.choice(
        (range(0x20, 0x7F), range(0x80, 0xD800), range(0xE000, 0x10000), range(0x10000, 0x110000))
    )
    return chr(random.choice(plane))
