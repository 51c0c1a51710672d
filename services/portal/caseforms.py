"""The forms of a case: one for each move that the API calls legal, with the fields it needs. Pure.

What a move needs is the API's word; beside it stands what may be said with it, if somebody wants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

Legal = Mapping[str, Any]
MAY_SAY: Mapping[str, tuple[str, ...]] = {
    "verify": ("difficulty", "reached", "text"),
    "submit": ("evidence",),
    "explain": ("evidence",),
    "callback": ("text", "reason"),
    "dispatch": ("handler",),
    "inform": (),
}
ORDER = (
    "claim verify submit callback confirm uphold refuse sustain dismiss inform dispatch assign"
    " resume grant_extension decline deny_extension explain appeal ask_extension pause supervise"
    " overturn return"
).split()
"""What leads on comes first, what leads back last."""
LEADS_ON = frozenset(
    "claim verify submit callback confirm uphold refuse sustain dismiss inform dispatch".split()
)
FIELDS = ("reason", "text", "result", "invalidity", "difficulty", "assignee", "handler")
ANSWERS = {"yes": True, "no": False}


@dataclass(frozen=True)
class Offer:
    """A legal move as a form: what it needs, what it may say, and the results to choose from."""

    move: str
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    command_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field of the form, in the order in which it is filled in."""
        return (*self.needs, *(name for name in self.may if name not in self.needs))

    @property
    def leads_on(self) -> bool:
        """Whether it is what the case waits for, rather than a side way."""
        return self.move in LEADS_ON


@dataclass(frozen=True)
class Typed:
    """A form as it came: the move, what was typed, and what was wrong with it by field."""

    form: Mapping[str, str]
    evidence: tuple[str, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def move(self) -> str:
        """The move that was asked for."""
        return self.form.get("move", "")

    def words(self) -> list[tuple[str, str]]:
        """What somebody has written, by field."""
        return [(name, self.form[name]) for name in ("text", "reason") if self.form.get(name)]


def offers(legal: Iterable[Legal], typed: Typed | None = None) -> list[Offer]:
    """The forms of the legal moves; one that was typed into keeps its command id, so that a
    second sending of it is known.
    """
    rows: dict[str, list[Legal]] = {}
    for each in legal:
        rows.setdefault(each["move"], []).append(each)
    made = [_offer(move, of_move, typed) for move, of_move in rows.items()]
    return sorted(made, key=lambda each: (_place(each.move), each.move))


def _place(move: str) -> int:
    return ORDER.index(move) if move in ORDER else len(ORDER)


def _offer(move: str, rows: Sequence[Legal], typed: Typed | None) -> Offer:
    needs = [set(row["needs"]) for row in rows]
    always = tuple(name for name in rows[0]["needs"] if all(name in each for each in needs))
    results = tuple(row["result"] for row in rows if row.get("result"))
    kept = typed.form.get("command_id") if typed and typed.move == move else None
    return Offer(move, always, MAY_SAY.get(move, ()), results, kept or str(uuid4()))


def command(form: Mapping[str, str], version: int, evidence: Sequence[str]) -> dict[str, Any]:
    """The body of the move that a form asks for; what was left empty is not said."""
    said: dict[str, Any] = {name: form[name].strip() for name in FIELDS if form.get(name)}
    if form.get("reached") in ANSWERS:
        said["reached"] = ANSWERS[form["reached"]]
    said = {name: value for name, value in said.items() if value != ""}
    if evidence:
        said["evidence"] = list(evidence)
    named = {"command_id": form.get("command_id", ""), "move": form.get("move", "")}
    return {**named, "expected_version": version, **said}


def wrongs(errors: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What is wrong by field, of the field errors of the API."""
    found = ((each["pointer"].strip("/").partition("/")[0], each["detail"]) for each in errors)
    return {field: detail for field, detail in found if field}


def version_to_expect(seen: int, case: Mapping[str, Any], files: Iterable[str], by: str) -> int:
    """The version with which to move after uploading: the present one if nothing but our own
    uploads has happened since the page was shown, else the one that was seen.
    """
    since = [entry for entry in case["history"] if entry["version"] > seen]
    ours = all(entry["move"] == "attach" and entry["by"] == by for entry in since)
    return int(case["version"]) if ours and files else seen
