"""Marks: what is remarkable about a press, with the reason; no official number changes. Pure.

Whether a press stands out among its neighbours is a function of the presses that there are, in
whatever order they came: more presses can only add marks, so it may be worked out at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from services.contracts.directory import Directory, active_at
from services.contracts.events import RatingSubmitted
from services.contracts.rules import Burst, Marks, Rules
from services.contracts.time_to_rate import TimeToRateEnds
from services.contracts.vocabulary import Channel, Mark
from services.store.belonging import Errand, Reasons

AT_WINDOWS = frozenset({Channel.TABLET, Channel.TERMINAL})
OF_THE_EDGE: dict[str, str] = {
    Mark.STALE: "it reached the edge long after it was signed, or from a wrong clock",
    Mark.NO_CLOCK: "its device had lost its clock; it counts as pressed when it reached the edge",
}


def of_press(
    press: RatingSubmitted,
    errand: Errand | None,
    local: datetime,
    rules: Rules,
    ends: TimeToRateEnds,
    directory: Directory,
) -> Reasons:
    """What a press shows by itself, at `local` time, with its errand if that is here."""
    marks: Reasons = {}
    if press.marks:
        marks |= {mark: OF_THE_EDGE.get(mark, "said by the edge") for mark in press.marks}
    if press.tags:
        marks |= _of_tags(press, rules)
    if press.device is not None and rules.marks:
        marks |= _of_hours(press.device, local, rules.marks, directory)
    if press.errand_number is not None:
        marks |= of_errand(errand, press.pressed_at, rules, ends)
    return marks


def of_errand(
    errand: Errand | None, pressed_at: datetime, rules: Rules, ends: TimeToRateEnds
) -> Reasons:
    """Whether the errand that a press names is here, and its time to rate was not over.

    A late press is kept and counts: it is an act of the citizen, and the errand is rated by it.
    """
    if errand is None:
        unreported = "no system has reported that its errand reached this stage"
        return {Mark.UNKNOWN_ERRAND: unreported} if rules.rating.errands_reported else {}
    ended = ends(date.fromisoformat(errand.day))
    if pressed_at <= ended:
        return {}
    return {Mark.LATE: f"the time to rate this errand ended at {ended.isoformat()}"}


def _of_tags(press: RatingSubmitted, rules: Rules) -> Reasons:
    wrong = wrong_tags(press, rules)
    right = (code for code in press.tags if code not in wrong)
    retired = [code for code in right if rules.tags[code].retired]
    marks: Reasons = {}
    if wrong:
        marks[Mark.WRONG_TAG] = f"no tag of level {int(press.level)}: {', '.join(wrong)}"
    if retired:
        marks[Mark.RETIRED_TAG] = f"retired: {', '.join(retired)}"
    return marks


def wrong_tags(press: RatingSubmitted, rules: Rules) -> list[str]:
    """Tags that there are not, retired or not, at the level of the press."""
    level, known = press.level, rules.tags
    return [code for code in press.tags if code not in known or known[code].level != level]


def _of_hours(name: str, local: datetime, limits: Marks, directory: Directory) -> Reasons:
    device = active_at(directory.device_periods, name, local)
    if device is None or device.is_open(local, limits.after_hours_min):
        return {}
    hours = f"{device.opens:%H:%M} to {device.closes:%H:%M}"
    return {Mark.OUTSIDE_HOURS: f"device {name} serves from {hours}"}


class Seen(NamedTuple):
    """A stored press at a place. `about`: the errand that it named itself, if any."""

    place: str
    pressed_at: datetime
    key: str
    about: str | None


def place_of(channel: str, device: str | None, window: str | None) -> str | None:
    """Where one stands to press: at a device, or at what stands at a window; None at home."""
    if device is not None:
        return f"device {device}"
    return f"window {window}" if window is not None and channel in AT_WINDOWS else None


def reach(limits: Marks) -> timedelta:
    """How far apart two presses may be to tell something about each other."""
    return timedelta(seconds=max(limits.repeated_within_s, limits.burst.within_s))


def among(presses: Iterable[Seen], limits: Marks) -> Iterator[tuple[str, str, str]]:
    """Key, mark and reason of every press that stands out among these."""
    for place, here in groupby(sorted(presses), key=lambda each: each.place):
        standing = list(here)
        within = f"within {limits.repeated_within_s} s of another at {place}"
        for key in _repeats(standing, timedelta(seconds=limits.repeated_within_s)):
            yield key, Mark.REPEATED, within
        many = f"{limits.burst.presses} or more within {limits.burst.within_s} s at {place}"
        for key in _bursts(standing, limits.burst):
            yield key, Mark.BURST, many


def _repeats(presses: Iterable[Seen], within: timedelta) -> Iterator[str]:
    """Presses that follow another about the same, or about nobody knows what, too soon.

    Two that name different errands are two services: whoever brought three matters rates thrice.
    """
    last: dict[str | None, datetime] = {}
    latest: datetime | None = None
    for each in presses:
        before = latest if each.about is None else _later(last.get(each.about), last.get(None))
        if before is not None and each.pressed_at - before <= within:
            yield each.key
        last[each.about] = latest = each.pressed_at


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


def _bursts(presses: list[Seen], burst: Burst) -> Iterator[str]:
    """Every press of every so many within so long."""
    within, marked = timedelta(seconds=burst.within_s), -1
    for last in range(burst.presses - 1, len(presses)):
        first = last - burst.presses + 1
        if presses[last].pressed_at - presses[first].pressed_at <= within:
            for position in range(max(first, marked + 1), last + 1):
                yield presses[position].key
            marked = last
