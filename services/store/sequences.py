"""The thinking about sequences: what a device counted against what is stored.

Sequences start at 1 in each epoch. What is missing below the highest number known was lost or
tampered with, unless it is still on its way: a press may wait in a queue or, as an append before
its first rating, in a delay queue for three days. Resends are harmless and only counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, pairwise

from pydantic import AwareDatetime, BaseModel

Range = tuple[int, int]
"""From the first to the last sequence, both included."""
FIRST = 1
CONFLICT = "id_conflict"


def ranges(numbers: Iterable[int]) -> list[Range]:
    """Numbers as ranges, in order."""
    found: list[Range] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def gaps(present: Sequence[Range], last: int) -> list[Range]:
    """What is missing from `FIRST` to `last` between the ordered ranges that are present."""
    edges = [(FIRST - 1, FIRST - 1), *present, (last + 1, last + 1)]
    between = pairwise(edges)
    return [(below + 1, above - 1) for (_, below), (above, _) in between if below + 1 < above]


def numbers(found: Iterable[Range], most: int) -> list[int]:
    """The first numbers of the ranges, at most so many."""
    return list(islice(chain.from_iterable(range(low, high + 1) for low, high in found), most))


def size(found: Iterable[Range]) -> int:
    """How many numbers the ranges hold."""
    return sum(last - first + 1 for first, last in found)


@dataclass(frozen=True)
class Kept:
    """A stored rating that was counted by its device, and how often it was sent again."""

    epoch: int
    sequence: int
    resends: int


@dataclass(frozen=True)
class Waiting:
    """A row of the work list for a counted press; `left` says that something is left to do."""

    epoch: int
    sequence: int
    reason: str
    left: bool


class Heartbeat(BaseModel):
    """What a device last said about itself in an epoch."""

    epoch: int
    last_sequence: int
    outbox_depth: int
    refused: int
    version: str
    seen_at: AwareDatetime


class Repeats(BaseModel):
    """What came more than once: resends are harmless, the other two are for a person to look at.

    `doubled` sequences are stored under more than one key; `other_content` came again changed.
    """

    resends: int
    doubled: list[Range]
    other_content: list[Range]


class Tail(BaseModel):
    """What the device says it gave out beyond the highest sequence that is here.

    `in_outbox` of these still wait on the device; `unexplained` ones are lost or on their way.
    """

    numbers: Range
    in_outbox: int
    unexplained: int


class EpochReport(BaseModel):
    """One epoch of a device. `issued` is False for an epoch that the registry never gave out."""

    epoch: int
    issued: bool
    lowest: int | None
    highest: int | None
    stored: int
    missing: list[Range]
    missing_count: int
    in_quarantine: list[Range]
    set_aside: list[Range]
    repeats: Repeats
    tail: Tail | None
    heartbeat: Heartbeat | None


class DeviceReport(BaseModel):
    """What is known of a device's presses; `current_epoch` 0 says that it never enrolled."""

    device: str
    current_epoch: int
    epochs: list[EpochReport]


@dataclass
class Evidence:
    """What there is about one epoch."""

    kept: list[Kept] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    heartbeat: Heartbeat | None = None

    def report(self, epoch: int, current: int) -> EpochReport:
        """The report on the epoch, with `current` as the newest one that was issued."""
        counted = Counter(each.sequence for each in self.kept)
        open_ = self._rows(counted, left=True)
        aside = self._rows(counted, left=False)
        present = ranges([*counted, *open_, *aside])
        highest = present[-1][1] if present else 0
        missing = gaps(present, highest)
        return EpochReport(
            epoch=epoch,
            issued=epoch <= current,
            lowest=min(counted, default=None),
            highest=max(counted, default=None),
            stored=len(counted),
            missing=missing,
            missing_count=size(missing),
            in_quarantine=ranges(open_),
            set_aside=ranges(aside),
            repeats=self._repeats(counted),
            tail=self._tail(highest, lost=epoch < current),
            heartbeat=self.heartbeat,
        )

    def _rows(self, counted: Counter[int], left: bool) -> set[int]:
        """Sequences that are on the work list and nowhere else."""
        return {each.sequence for each in self.waiting if each.left == left} - counted.keys()

    def _repeats(self, counted: Counter[int]) -> Repeats:
        return Repeats(
            resends=sum(each.resends for each in self.kept),
            doubled=ranges(number for number, count in counted.items() if count > 1),
            other_content=ranges(each.sequence for each in self.waiting if each.reason == CONFLICT),
        )

    def _tail(self, highest: int, lost: bool) -> Tail | None:
        """An epoch that is over has no outbox any more: its device was imaged anew."""
        if self.heartbeat is None or self.heartbeat.last_sequence <= highest:
            return None
        length = self.heartbeat.last_sequence - highest
        in_outbox = 0 if lost else min(length, self.heartbeat.outbox_depth)
        return Tail(
            numbers=(highest + 1, self.heartbeat.last_sequence),
            in_outbox=in_outbox,
            unexplained=length - in_outbox,
        )


def report(
    device: str,
    current: int,
    kept: Iterable[Kept],
    waiting: Iterable[Waiting],
    heartbeats: Iterable[Heartbeat],
) -> DeviceReport:
    """Everything that is known of a device, epoch by epoch."""
    found: dict[int, Evidence] = {}
    for rating in kept:
        found.setdefault(rating.epoch, Evidence()).kept.append(rating)
    for row in waiting:
        found.setdefault(row.epoch, Evidence()).waiting.append(row)
    for heartbeat in heartbeats:
        found.setdefault(heartbeat.epoch, Evidence()).heartbeat = heartbeat
    epochs = [found[epoch].report(epoch, current) for epoch in sorted(found)]
    return DeviceReport(device=device, current_epoch=current, epochs=epochs)
