"""An index (指数): a recipe of weighted indicators, and what it makes of a unit's figures. Pure.

Every term yields an exact share of its weight; terms add up exactly to the score. A duty may only
be scored by deduction per exception: scored by its rate, a bad rating that was fixed would lift
9 ÷ 10 to 10 ÷ 11 and so be worth more than not having received it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from pydantic import Field, model_validator

from services.score.indicators import INDICATORS
from services.score.measure import Direction, Indicator, Measured, NoData, State
from services.score.scales import Bonus, Deduction, Exact, Linear, Part, Scale, Steps, clamped

UNKNOWN = frozenset({State.SMALL_SAMPLE, State.NOT_IMPORTED})


class Term(Part):
    """An indicator, its weight in points of the index, and how its value becomes points.

    `item` is the item (考核项) that it is part of, where an index names fewer items than terms.
    """

    indicator: str
    item: str | None = None
    weight: Exact = Field(gt=0)
    scale: Scale

    @property
    def counted(self) -> Indicator:
        """The indicator."""
        return INDICATORS[self.indicator]

    @property
    def is_bonus(self) -> bool:
        """Whether it adds points on top of the whole."""
        return isinstance(self.scale, Bonus)

    @model_validator(mode="after")
    def fits_its_indicator(self) -> Self:
        """Refuse a term that could not mean what it says, with the remedy."""
        if self.indicator not in INDICATORS:
            raise ValueError(f"no such indicator; choose one of {', '.join(INDICATORS)}")
        duty = self.counted.no_data is NoData.DUTY
        if duty != isinstance(self.scale, Deduction):
            wanted = "deduction" if duty else "linear, steps or bonus"
            raise ValueError(f"a {self.counted.no_data} needs a scale of kind {wanted}")
        if isinstance(self.scale, (Linear, Bonus)):
            higher = self.counted.direction is Direction.HIGHER
            if higher != (self.scale.zero_at < self.scale.target):
                side = "below" if higher else "above"
                raise ValueError(f"{self.indicator}: put zero_at {side} target")
        return self

    def attained(self, measured: Measured) -> Fraction | None:
        """The share of the weight earned, 0 to 1; None when nothing could be measured."""
        if measured.state in UNKNOWN:
            return None
        if isinstance(self.scale, Deduction):
            return clamped(1 - self.scale.each * measured.exceptions / self.weight)
        value = Fraction(measured.numerator, measured.denominator)
        if isinstance(self.scale, Steps):
            return self.scale.attained(value, self.counted.direction)
        return self.scale.attained(value)


class Recipe(Part):
    """An index: its terms' weights add up to `of`. `source` says whose weights they are.

    A bonus comes on top, up to `cap` (by default: up to `of`). `peers` are the groups that are
    ranked by it (by default all); `min_sample` goes before that of the rules.
    """

    id: str
    version: int = Field(ge=1)
    name: str
    of: Exact = Field(gt=0)
    source: str
    terms: tuple[Term, ...] = Field(min_length=1)
    peers: tuple[str, ...] = ()
    min_sample: int | None = Field(default=None, ge=1)
    cap: Exact | None = None

    @property
    def most(self) -> Fraction:
        """The highest score there is."""
        return self.of if self.cap is None else self.cap

    @property
    def imported(self) -> tuple[str, ...]:
        """The figures that have to be imported for it."""
        keys = (term.indicator for term in self.terms)
        return tuple(key for key in keys if INDICATORS[key].no_data is NoData.IMPORTED)

    def ranks(self, peers: str | None) -> bool:
        """Whether units of this group are ranked by it."""
        return peers is not None and (not self.peers or peers in self.peers)

    @property
    def label(self) -> str:
        """How the version is printed, such as `efficiency-index v1`."""
        return f"{self.id} v{self.version}"

    @model_validator(mode="after")
    def adds_up(self) -> Self:
        """Refuse weights that do not add up, and an indicator named twice."""
        total = sum(term.weight for term in self.terms if not term.is_bonus)
        if total != self.of:
            raise ValueError(f"weights add up to {total}, not {self.of}; change a weight or 'of'")
        keys = [term.indicator for term in self.terms]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise ValueError(f"{', '.join(sorted(twice))} named twice; keep one term of it")
        if self.most < self.of:
            raise ValueError(f"cap {self.cap} is below {self.of}; leave it out or raise it")
        return self


@dataclass(frozen=True)
class Scored:
    """A term with what it earned. `given` is the weight received from terms without a sample."""

    term: Term
    measured: Measured
    attained: Fraction | None
    given: Fraction

    @property
    def weight(self) -> Fraction:
        """The weight in effect."""
        return self.term.weight + self.given

    @property
    def points(self) -> Fraction:
        """Points of the index, exact."""
        return Fraction(0) if self.attained is None else self.attained * self.weight

    @property
    def why(self) -> str | None:
        """Why the weight is not the recipe's, or why a duty without cases earned everything."""
        if self.measured.state is State.NOT_IMPORTED:
            return "nothing was imported: its weight goes to the other terms"
        if self.attained is None:
            sample = self.measured.sample
            return f"sample of {sample} is too small: its weight goes to the other terms"
        if self.measured.state is State.NOTHING_DUE:
            return "nothing was due: the duty is fulfilled"
        return "received weight of terms without a sample" if self.given else None


@dataclass(frozen=True)
class Result:
    """An index for a unit and a period; `total` is None when there is nothing to go by.

    Only a unit with at least one measurement is ranked: duties alone are too easily fulfilled.
    `cut` (0 or less) is what the cap takes off the sum of the terms.
    """

    recipe: Recipe
    terms: tuple[Scored, ...]
    total: Fraction | None
    ranked: bool
    cut: Fraction = Fraction(0)


def evaluate(recipe: Recipe, figures: Mapping[str, Measured]) -> Result:
    """Score the figures; weight of what could not be measured goes to the rest in proportion."""
    found = [(term, figures[term.indicator]) for term in recipe.terms]
    earned = [(term, measured, term.attained(measured)) for term, measured in found]
    counted = (term for term, _, share in earned if share is not None and not term.is_bonus)
    held = sum((term.weight for term in counted), Fraction(0))
    factor = recipe.of / held - 1 if held else Fraction(0)
    scored = tuple(
        Scored(term, measured, share, _given(term, share, factor))
        for term, measured, share in earned
    )
    ranked = _known(scored, duties=False)
    if not ranked and not _known(scored, duties=True):
        return Result(recipe, scored, None, ranked)
    points = sum((one.points for one in scored), Fraction(0))
    total = min(points, recipe.most)
    return Result(recipe, scored, total, ranked, total - points)


def _given(term: Term, share: Fraction | None, factor: Fraction) -> Fraction:
    if share is None:
        return -term.weight
    return Fraction(0) if term.is_bonus else term.weight * factor


def _known(scored: tuple[Scored, ...], duties: bool) -> bool:
    return any(
        one.measured.state is State.MEASURED
        and (one.term.counted.no_data is NoData.DUTY) is duties
        and not one.term.is_bonus
        for one in scored
    )
