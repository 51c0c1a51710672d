"""How the value of an indicator becomes points: the scales that a recipe may use. Pure."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.contracts.exact import exact
from services.score.measure import Direction

Exact = Annotated[Fraction, BeforeValidator(exact)]


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
        return clamped((value - self.zero_at) / (self.target - self.zero_at))


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


class Bonus(Part):
    """Points on top of the whole: none at `zero_at`, the term's weight from `target` on."""

    kind: Literal["bonus"]
    zero_at: Exact
    target: Exact

    def attained(self, value: Fraction) -> Fraction:
        """The share of the weight that `value` earns."""
        return clamped((value - self.zero_at) / (self.target - self.zero_at))


Scale = Annotated[Linear | Steps | Deduction | Bonus, Field(discriminator="kind")]


def clamped(share: Fraction) -> Fraction:
    """A share of a weight lies between nothing and all of it."""
    return max(Fraction(0), min(Fraction(1), share))
