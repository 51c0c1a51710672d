"""Linking: which ratings belong to an errand, and the step that joins or parts them. Pure.

A rating belongs to an errand that it names itself (system, number, stage and occurrence); one that
names none, if whoever reported the errand names the rating. Nothing is guessed from times or
places: a wrong link is worse than none. A rating that names the errand goes before one that
somebody pointed at, so that what belongs together does not depend on what came first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from services.contracts.events import BadRatingStored, RatingLinked
from services.contracts.message import Message
from services.contracts.outbox import entry
from services.contracts.rules import Rules
from services.contracts.time_to_rate import rating_ends
from services.contracts.vocabulary import Mark, Standing, Turn
from services.store.belonging import Errand, Reasons
from services.store.marks import of_errand

Document = dict[str, Any]
Bucket = tuple[str, str]
BY_NUMBER, BY_POINTER, BY_A_NAMED_ONE = "errand_number", "rated_as", "another_names_it"
TAKEN = ("unit", "item", "staff")
OF_LINKS = frozenset({Mark.UNKNOWN_ERRAND, Mark.LATE})


@dataclass(frozen=True)
class About:
    """An errand with the ratings that may belong to it: those that name it, and the pointed one."""

    errand: Errand
    naming: tuple[Document, ...] = ()
    pointed: Document | None = None

    @property
    def waits(self) -> bool:
        """Whether it points at a rating that is not here yet, and nobody else rated it."""
        return bool(self.errand.rated_as) and self.pointed is None and not self.naming

    @property
    def contradiction(self) -> str | None:
        """Why the rating at which it points cannot be its own; a person has to look."""
        rating = self.pointed
        if rating is None or self.naming:
            return None
        if rating["turn"] != Turn.FIRST:
            return f"no_first_rating: {rating['_id']} is an append, which follows its first rating"
        belongs = rating.get("errand")
        if belongs and belongs["key"] != self.errand.key:
            return f"rating_of_another_errand: {rating['_id']} belongs to {belongs['key']}"
        return None


class Step(NamedTuple):
    """One recorded change of a rating: what is set, what is kept of it, and what must follow."""

    rating: Document
    changes: Document
    record: Document
    outbox: list[Document]
    touches: tuple[Bucket, ...]


def steps(about: About, rules: Rules, at: datetime) -> Iterator[Step]:
    """What is still to be done so that everything belongs where it should; none when it does."""
    for rating in about.naming:
        if rating.get("errand") is None:
            yield _joined(rating, about, BY_NUMBER, rules, at)
    pointed = about.pointed
    if pointed is None:
        return
    belongs = pointed.get("errand")
    here = belongs is not None and belongs["key"] == about.errand.key
    if about.naming and here:
        yield _parted(pointed, about, rules, at)
    elif not about.naming and belongs is None and about.contradiction is None:
        yield _joined(pointed, about, BY_POINTER, rules, at)


def errand_of(errand: Errand) -> Document:
    """What a rating keeps of the errand it belongs to."""
    return {"key": errand.key, "day": errand.day}


def inherited(rating: Mapping[str, Any], errand: Errand) -> Document:
    """The unit is the errand's; the item and the person where the press is silent."""
    return {
        "unit": errand.unit,
        "item": rating["item"] or errand.item,
        "staff": rating["staff"] or errand.staff,
    }


def buckets(document: Mapping[str, Any]) -> set[Bucket]:
    """The (day, unit) buckets in which a rating counts: its own, and the one of its errand."""
    errand = document.get("errand")
    own = (document["day"], document["unit"])
    return {own, (errand["day"], document["unit"])} if errand else {own}


def formerly(document: Mapping[str, Any]) -> set[Bucket]:
    """The buckets in which a rating that was joined or parted has ever counted."""
    links = document.get("links", ())
    units = {each[side]["unit"] for each in links for side in ("before", "after")}
    days = {document["day"]} | {each["day"] for each in links}
    return {(day, unit) for day in days for unit in units}


def _joined(rating: Document, about: About, rule: str, rules: Rules, at: datetime) -> Step:
    taken = inherited(rating, about.errand) | {"errand": errand_of(about.errand)}
    kept = {m: why for m, why in rating.get("why_marked", {}).items() if m not in OF_LINKS}
    ends = rating_ends(rules.region, rules.rating.time_to_rate)
    marks = kept | of_errand(about.errand, rating["pressed_at"], rules, ends)
    return _step(rating, taken, marks, about, rule, at, rules)


def _parted(rating: Document, about: About, rules: Rules, at: datetime) -> Step:
    """Back to what it was before: another rating names the errand."""
    joined = next(each for each in reversed(rating["links"]) if each["rule"] == BY_POINTER)
    marks = {m: why for m, why in rating.get("why_marked", {}).items() if m not in OF_LINKS}
    before = joined["before"] | {"errand": None}
    return _step(rating, before, marks, about, BY_A_NAMED_ONE, at, rules)


def _step(
    rating: Document,
    taken: Document,
    marks: Reasons,
    about: About,
    rule: str,
    at: datetime,
    rules: Rules,
) -> Step:
    after = rating | taken | {"marks": sorted(marks), "why_marked": marks}
    version = rating["version"] + 1
    record = {
        "version": version,
        "at": at,
        "by": about.errand.submitted_by,
        "rule": rule,
        "errand": about.errand.key,
        "day": about.errand.day,
        "before": {name: rating[name] for name in TAKEN},
        "after": {name: taken[name] for name in TAKEN},
    }
    events = _following(after, record, rules)
    outbox = [entry(rating["_id"], version, n, event) for n, event in enumerate(events)]
    changes = {name: after[name] for name in (*taken, "marks", "why_marked")}
    touches = tuple(sorted(buckets(rating) | buckets(after)))
    return Step(rating, changes, record, outbox, touches)


def _following(after: Document, record: Document, rules: Rules) -> Iterator[Message]:
    """Of a bad one: that it moved; and if it named no errand, that it now has one."""
    if not rules.is_bad(after["level"]):
        return
    yield RatingLinked(
        rating_key=after["_id"],
        errand_key=record["errand"],
        linked=after["errand"] is not None,
        rule=record["rule"],
        unit_before=record["before"]["unit"],
        unit=after["unit"],
        level=after["level"],
        at=record["at"],
    )
    if record["rule"] == BY_POINTER and opens_case(after, rules):
        yield BadRatingStored.model_validate({**after, "rating_key": after["_id"], "linked": True})


def opens_case(document: Mapping[str, Any], rules: Rules) -> bool:
    """Whether rectify must hear of a rating: a bad first one that counts.

    One by a channel that opens no cases too: rectify counts it, with that reason.
    """
    bad = rules.is_bad(document["level"]) and document["turn"] == Turn.FIRST
    return bool(bad and document["standing"] == Standing.VALID)
