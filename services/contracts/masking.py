"""The rater's own data so that they can be told apart but not known. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

NUMBER = re.compile(r"(?<!\d)\+?\d(?:[ -]?\d){5,}[xX]?")
"""Six digits and more: a telephone, a certificate, an account, or a number of an errand."""
HEAD, TAIL = 3, 4
STAR = "*"


def masked_name(name: str) -> str:
    """The first letter, and as many stars as letters follow."""
    return name[:1] + STAR * max(1, len(name) - 1)


def masked_number(number: str) -> str:
    """The first three and the last four places of a long one; of a short one the last two."""
    if len(number) < HEAD + TAIL + HEAD:
        return STAR * max(1, len(number) - 2) + number[-2:]
    return number[:HEAD] + STAR * (len(number) - HEAD - TAIL) + number[-TAIL:]


def masked_text(text: str, known: Mapping[str, str]) -> str:
    """What somebody wrote, without the name and numbers that they gave, and without any other
    long number.
    """
    for field, value in known.items():
        mask = masked_name if field == "name" else masked_number
        text = text.replace(value, mask(value))
    return NUMBER.sub(lambda found: masked_number(found.group()), text)
