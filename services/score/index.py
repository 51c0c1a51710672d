"""An index (指数): a recipe of weighted indicators, and what it makes of a unit's figures. Pure.

Every term yields an exact share of its weight; terms add up exactly to the score. A duty may only
be scored by deduction per exception: scored by its rate, a bad rating that was fixed would lift
9 ÷ 10 to 10 ÷ 11 and so be worth more than not having received it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.score.indicators import INDICATORS
from services.score.measure import Direction, Indicator, Measured, NoData, State


def _exact(value: Any) -> Any:
    """A number as written in the file: 0.95, "95%" and "19/20" are the same exact value."""
    text = str(value).strip()
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


Exact = Annotated[Fraction, BeforeValidator(_exact)]


class Part(BaseModel):
    """Anything inside a recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Linear(Part):
    """Nothing at `zero_at`, everything from `target` on, and in proportion between."""

    kind: Literal["linear"]
    zero_at: Exact
    target: Exact

    def attained(self, value: Fraction) -> Fraction:
        """The share of the weight that `value` earns."""
        return _clamped((value - self.zero_at) / (self.target - self.zero_at))


class Step(Part):
    """From `at` on (or down to it, when lower is better) a value earns `gives` of the weight."""

    at: Exact
    gives: Exact = Field(ge=0, le=1)


class Steps(Part):
    """The most generous step that is reached; nothing below the last."""

    kind: Literal["steps"]
    steps: tuple[Step, ...] = Field(min_length=1)

    def attained(self, value: Fraction, direction: Direction) -> Fraction:
        """The share of the weight that `value` earns."""
        higher = direction is Direction.HIGHER
        reached = (s.gives for s in self.steps if (value >= s.at if higher else value <= s.at))
        return max(reached, default=Fraction(0))


class Deduction(Part):
    """`each` points off the weight for every exception, down to nothing."""

    kind: Literal["deduction"]
    each: Exact = Field(gt=0)


Scale = Annotated[Linear | Steps | Deduction, Field(discriminator="kind")]


class Term(Part):
    """An indicator, its weight in points of the index, and how its value becomes points."""

    indicator: str
    weight: Exact = Field(gt=0)
    scale: Scale

    @property
    def counted(self) -> Indicator:
        """The indicator."""
        return INDICATORS[self.indicator]

    @model_validator(mode="after")
    def fits_its_indicator(self) -> Self:
        """Refuse a term that could not mean what it says, with the remedy."""
        if self.indicator not in INDICATORS:
            raise ValueError(f"no such indicator; choose one of {', '.join(INDICATORS)}")
        duty = self.counted.no_data is NoData.DUTY
        if duty != isinstance(self.scale, Deduction):
            wanted = "deduction" if duty else "linear or steps"
            raise ValueError(f"a {self.counted.no_data} needs a scale of kind {wanted}")
        if isinstance(self.scale, Linear):
            higher = self.counted.direction is Direction.HIGHER
            if higher != (self.scale.zero_at < self.scale.target):
                side = "below" if higher else "above"
                raise ValueError(f"{self.indicator}: put zero_at {side} target")
        return self

    def attained(self, measured: Measured) -> Fraction | None:
        """The share of the weight earned, 0 to 1; None when nothing could be measured."""
        if measured.state is State.SMALL_SAMPLE:
            return None
        if isinstance(self.scale, Deduction):
            return _clamped(1 - self.scale.each * measured.exceptions / self.weight)
        value = Fraction(measured.numerator, measured.denominator)
        if isinstance(self.scale, Steps):
            return self.scale.attained(value, self.counted.direction)
        return self.scale.attained(value)


class Recipe(Part):
    """An index: its terms' weights add up to `of`. `source` says whose weights they are."""

    id: str
    version: int = Field(ge=1)
    name: str
    of: Exact = Field(gt=0)
    source: str
    terms: tuple[Term, ...] = Field(min_length=1)

    @property
    def label(self) -> str:
        """How the version is printed, such as `efficiency-index v1`."""
        return f"{self.id} v{self.version}"

    @model_validator(mode="after")
    def adds_up(self) -> Self:
        """Refuse weights that do not add up, and an indicator named twice."""
        total = sum(term.weight for term in self.terms)
        if total != self.of:
            raise ValueError(f"weights add up to {total}, not {self.of}; change a weight or 'of'")
        keys = [term.indicator for term in self.terms]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise ValueError(f"{', '.join(sorted(twice))} named twice; keep one term of it")
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
    """

    recipe: Recipe
    terms: tuple[Scored, ...]
    total: Fraction | None
    ranked: bool


def evaluate(recipe: Recipe, figures: Mapping[str, Measured]) -> Result:
    """Score the figures; weight of what could not be measured goes to the rest in proportion."""
    found = [(term, figures[term.indicator]) for term in recipe.terms]
    earned = [(term, measured, term.attained(measured)) for term, measured in found]
    held = sum((term.weight for term, _, share in earned if share is not None), Fraction(0))
    factor = recipe.of / held - 1 if held else Fraction(0)
    scored = tuple(
        Scored(term, measured, share, -term.weight if share is None else term.weight * factor)
        for term, measured, share in earned
    )
    ranked = _measured(scored, NoData.MEASUREMENT)
    known = ranked or _measured(scored, NoData.DUTY)
    total = sum((one.points for one in scored), Fraction(0)) if known else None
    return Result(recipe, scored, total, ranked)


def _measured(scored: tuple[Scored, ...], kind: NoData) -> bool:
    return any(
        one.measured.state is State.MEASURED and one.term.counted.no_data is kind for one in scored
    )


def _clamped(share: Fraction) -> Fraction:
    return max(Fraction(0), min(Fraction(1), share))
