"""Payloads that backends are known to damage."""

from __future__ import annotations

from random import Random

from conformance.harness.client import FRAME_LIMIT
from conformance.harness.message_format import SendFormat

_TEXTS = (
    ("Zoë, Ångström, naïve", "e\u0301 is not é"),  # decomposed: a normalising backend merges them
    ("👩‍👩‍👧‍👦 🇪🇺 👍🏽", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢"),  # joiners, flags, modifiers, astral plane
    ("مرحبا بالعالم", "שלום עולם"),
    ("日本語・한국어・中文", "ไทย ਪੰਜਾਬੀ"),
    ("\u200b\u2060\ufeff", "\u202eright to left\u202c"),  # invisible; a trimming backend drops them
    ("line\none\r\ntab\t", "nul-free \u0001\u001f\u007f"),
    ("\\u0041 \\n \\\" '", "</script><b>&amp;%20+"),
    ("\ufffd\ufffe\U0010ffff", "\u2028\u2029"),
)
UNICODE_TEXTS = tuple((f"[{before}", f"{after}]") for before, after in _TEXTS)
"""Texts that backends are known to damage, before and after an envelope; in brackets, since outer white
space is another clause's matter."""

_SPARE = 600
"""Bytes left for the envelope and for what JSON adds."""


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
