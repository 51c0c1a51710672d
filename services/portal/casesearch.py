"""What somebody may mean by what they type into the search: a case, or a filter. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.portal.casenames import Choice, Choices

NUMBER = re.compile(r"^(?:case-)?([0-9a-f]{16})$")
PHONE = re.compile(r"^\+?[0-9][0-9 -]{5,19}$")
LEAST_DIGITS, MOST_DIGITS = 7, 15
MOST = 20


@dataclass(frozen=True)
class Hit:
    """A filter that the words may mean, such as `item=rsj-item-1`, and what it is called."""

    filter: str
    value: str
    name: str


def case_number(words: str) -> str | None:
    """The id of the case whose number this is, with or without `case-`; None if it is no number."""
    found = NUMBER.match(words.strip().lower())
    return f"case-{found[1]}" if found else None


def phone_number(words: str) -> str | None:
    """The whole telephone number that these words are; None if they are none."""
    found = PHONE.match(words.strip())
    enough = found and LEAST_DIGITS <= sum(map(str.isdigit, words)) <= MOST_DIGITS
    return words.strip() if enough else None


def hits(words: str, choices: Choices) -> list[Hit]:
    """The filters whose names contain all the words, or whose code is exactly these."""
    parts = words.lower().split()
    if not parts:
        return []
    found = (
        Hit(filter, code, name)
        for filter, (code, name) in _named(choices)
        if code.lower() == words.lower() or all(part in name.lower() for part in parts)
    )
    return [hit for hit, _ in zip(found, range(MOST), strict=False)]


def _named(choices: Choices) -> Iterator[tuple[str, Choice]]:
    for filter, named in (
        ("item", choices.items),
        ("tag", choices.tags),
        ("handler", choices.units),
        ("assignee", choices.officers()),
        ("channel", choices.channels),
    ):
        yield from ((filter, choice) for choice in named)
