"""Exact fractions are rounded once, when they are printed; ranks are on what is printed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Rounding(StrEnum):
    """How the digits after the last printed one are treated."""

    HALF_UP = "half_up"
    DOWN = "down"
    UP = "up"


@dataclass(frozen=True)
class Printing:
    """How a kind of figure is printed.

    Shares of a whole are rounded half-up. A rate that is better when higher is cut off, so that
    100 % means no exception; one that is better when lower is rounded up, so that 0 % means none.
    Published practice differs (开封 and 汕尾 cut off, 亳州 rounds up); this is decision 14.
    """

    rounding: Rounding
    decimals: int = 2
    percent: bool = True

    def figure(self, value: Fraction) -> Decimal:
        """The printed number, without its sign of percent."""
        scaled = value * 10**self.decimals * (100 if self.percent else 1)
        return Decimal(_whole(scaled, self.rounding)).scaleb(-self.decimals)

    def text(self, value: Fraction) -> str:
        """The printed text, such as `99.95%` or `9.97`."""
        return f"{self.figure(value):f}{'%' if self.percent else ''}"


def _whole(value: Fraction, rounding: Rounding) -> int:
    if rounding is Rounding.HALF_UP:
        value += Fraction(1, 2)
    if rounding is Rounding.UP:
        return -(-value.numerator // value.denominator)
    return value.numerator // value.denominator


SHARE = Printing(Rounding.HALF_UP)
HIGHER_RATE = Printing(Rounding.DOWN)
LOWER_RATE = Printing(Rounding.UP)
POINTS = Printing(Rounding.DOWN, percent=False)


def ranks(printed: Mapping[str, Decimal]) -> dict[str, int]:
    """The place of each name, best first; equal printed values share a place (1, 1, 3)."""
    places: dict[Decimal, int] = {}
    for place, value in enumerate(sorted(printed.values(), reverse=True), 1):
        places.setdefault(value, place)
    return {name: places[value] for name, value in printed.items()}


def ranks_within(group_of: Mapping[str, str], printed: Mapping[str, Decimal]) -> dict[str, int]:
    """The place of each name among its peers (同级), ties sharing a place."""
    return {
        name: place
        for group in set(group_of.values())
        for name, place in ranks(
            {name: value for name, value in printed.items() if group_of[name] == group}
        ).items()
    }
