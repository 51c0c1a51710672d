"""What an indicator (指标) is, and how it is measured: exactly, or not at all. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from services.contracts.printing import HIGHER_RATE, Printing
from services.score.facts import Facts


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"


class NoData(StrEnum):
    """What an indicator means when there is nothing to count.

    A duty with nothing due is fulfilled (无应整改). A measurement under the minimum sample is
    unknown: an index gives its weight to the others; so does an imported figure that is missing.
    """

    DUTY = "duty"
    MEASUREMENT = "measurement"
    IMPORTED = "imported"


class State(StrEnum):
    """What became of an indicator for a unit and a period."""

    MEASURED = "measured"
    NOTHING_DUE = "nothing_due"
    SMALL_SAMPLE = "small_sample"
    NOT_IMPORTED = "not_imported"


class Behind(StrEnum):
    """What a figure is counted from."""

    RATINGS = "ratings"
    ERRANDS = "errands"
    CASES = "cases"
    IMPORTS = "imports"


UNPRINTED = {
    State.NOTHING_DUE: "无应整改",
    State.SMALL_SAMPLE: "样本不足",
    State.NOT_IMPORTED: "未导入",
}
Figure = Callable[[Facts], int]


@dataclass(frozen=True)
class Indicator:
    """A rate or mean. `sample` is what must reach the minimum; by default the denominator."""

    key: str
    name: str
    definition: str
    numerator: Figure
    denominator: Figure
    source: str
    excludes: str = "无效评价；追评"
    direction: Direction = Direction.HIGHER
    no_data: NoData = NoData.MEASUREMENT
    printing: Printing = HIGHER_RATE
    sample: Figure | None = None
    behind: Behind = Behind.RATINGS


@dataclass(frozen=True)
class Measured:
    """An indicator for a unit and a period; `value` is exact and None when not measured."""

    indicator: Indicator
    state: State
    numerator: int
    denominator: int
    sample: int

    @property
    def value(self) -> Fraction | None:
        """Numerator ÷ denominator."""
        if self.state is not State.MEASURED:
            return None
        return Fraction(self.numerator, self.denominator)

    @property
    def exceptions(self) -> int:
        """How many of what was due fell short."""
        return self.denominator - self.numerator

    @property
    def printed(self) -> str:
        """The figure as people read it, or why there is none."""
        if self.value is None:
            return UNPRINTED[self.state]
        return self.indicator.printing.text(self.value)


def measure(indicator: Indicator, facts: Facts, min_sample: int | None = None) -> Measured:
    """The indicator for these facts, under the minimum sample given or that of the rules.

    What was imported was measured by whoever publishes it; only its absence is noted.
    """
    if indicator.no_data is NoData.IMPORTED:
        return _imported(indicator, facts)
    numerator, denominator = indicator.numerator(facts), indicator.denominator(facts)
    sample = indicator.sample(facts) if indicator.sample else denominator
    least = facts.rules.scoring.min_sample if min_sample is None else min_sample
    state = _state(indicator, denominator, sample, least)
    return Measured(indicator, state, numerator, denominator, sample)


def _imported(indicator: Indicator, facts: Facts) -> Measured:
    found = facts.imported.get(indicator.key)
    if found is None:
        return Measured(indicator, State.NOT_IMPORTED, 0, 0, 0)
    if found.denominator is None or found.numerator is None:
        return Measured(indicator, State.MEASURED, *found.value.as_integer_ratio(), 0)
    counts = (found.numerator, found.denominator)
    return Measured(indicator, State.MEASURED, *counts, found.denominator)


def _state(indicator: Indicator, denominator: int, sample: int, min_sample: int) -> State:
    if indicator.no_data is NoData.DUTY:
        return State.MEASURED if denominator else State.NOTHING_DUE
    return State.MEASURED if denominator and sample >= min_sample else State.SMALL_SAMPLE
