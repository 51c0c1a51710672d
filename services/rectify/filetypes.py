"""Which files are taken as evidence, told by their content, and what they are called. Pure."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

SIGNATURES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"%PDF-": "application/pdf",
}
"""How each allowed type begins: ITU-T T.81 (SOI), W3C PNG 5.2, ISO 32000 7.5.2."""

ENDINGS = {"image/jpeg": (".jpg", ".jpeg"), "image/png": (".png",), "application/pdf": (".pdf",)}
HEAD = max(map(len, SIGNATURES))
LONGEST_NAME = 120


def type_of(head: bytes) -> str | None:
    """The type of a file that begins so; None when it is not taken as evidence."""
    return next((kind for start, kind in SIGNATURES.items() if head.startswith(start)), None)


def name_of(said: str, kind: str) -> str:
    """A name that is only a name, with the ending of its type."""
    last = said.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    name = plain.strip(" .")[:LONGEST_NAME] or "file"
    return name if name.lower().endswith(ENDINGS[kind]) else name + ENDINGS[kind][0]


def disposition(name: str) -> str:
    """Content-Disposition (RFC 6266): saved under its name, never shown as a page of ours."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"
