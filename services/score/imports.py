"""Figures that other systems count: what may be imported, and what is in force. Pure.

One import is one value with all its rows: it is kept whole or not at all. A later import replaces
the rows of the same unit and figure, and the earlier one stays as history.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic import Field as Bounded

from services.contracts.exact import exact

Place = tuple[str, str]
Below = Callable[[str], frozenset[str]]
"""A unit with everything below it."""


@dataclass(frozen=True)
class Figure:
    """A figure that is counted elsewhere: what it means, and who publishes it."""

    key: str
    name: str
    definition: str
    source: str


FIGURES: dict[str, Figure] = {
    figure.key: figure
    for figure in (
        Figure("hotline_on_time_rate", "12345按时办结率", "按时办结工单 ÷ 应办结工单", "12345热线"),
        Figure("hotline_satisfaction_rate", "12345满意率", "满意回访 ÷ 回访", "12345热线"),
        Figure("online_rate", "网办率", "网上办理件 ÷ 办件", "一体化政务服务平台"),
        Figure("single_window_rate", "一窗率", "一窗受理事项 ÷ 进驻事项", "政务大厅"),
        Figure("data_catalogue_rate", "数据目录编制率", "已编目录 ÷ 应编目录", "数据共享平台"),
        Figure("data_hookup_rate", "数据挂接率", "已挂接目录 ÷ 已编目录", "数据共享平台"),
        Figure("supervision_rate", "互联网+监管", "已录入监管事项 ÷ 应录入", "互联网+监管系统"),
        Figure("intermediary_rate", "中介超市", "网上选取项目 ÷ 应选取项目", "中介服务超市"),
        Figure("efficiency_survey_rate", "行政效能评价", "满意答卷 ÷ 有效答卷", "行政效能评价调查"),
    )
}


Rate = Annotated[Fraction, BeforeValidator(exact), PlainSerializer(str), Bounded(ge=0, le=1)]


class Kept(BaseModel):
    """Anything that is kept of an import."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(Kept):
    """A figure of a unit: counted (numerator of denominator), as a rate, or taken back."""

    unit: str
    figure: str
    numerator: int | None = None
    denominator: int | None = None
    value: Rate | None = None
    withdrawn: bool = False

    @property
    def place(self) -> Place:
        """What a later row replaces."""
        return self.unit, self.figure


class Import(Kept):
    """What somebody imported for a period: from where, when, and every row of it."""

    period: str
    number: int
    source: str
    by: str
    at: AwareDatetime
    rows: tuple[Row, ...]

    @property
    def id(self) -> str:
        """How the import is named, such as `2026-10/2`."""
        return f"{self.period}/{self.number}"

    @property
    def digest(self) -> str:
        """The same source with the same rows gives the same digest."""
        text = "\n".join([self.source, *(row.model_dump_json() for row in self.rows)])
        return sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Imported:
    """A figure in force for a unit; a rate that came without counts cannot be added up."""

    unit: str
    figure: str
    numerator: int | None
    denominator: int | None
    value: Fraction
    source: str

    def plain(self) -> dict[str, Any]:
        """What a snapshot keeps."""
        return {**vars(self), "value": str(self.value)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """What a snapshot kept."""
        return cls(**{**plain, "value": Fraction(plain["value"])})


def in_force(imports: Iterable[Import]) -> dict[Place, Imported]:
    """The newest row of each unit and figure that was not taken back."""
    found: dict[Place, Imported] = {}
    for each in sorted(imports, key=lambda one: one.number):
        for row in each.rows:
            found.pop(row.place, None)
            if not row.withdrawn:
                found[row.place] = _imported(row, f"{each.source} ({each.id}, {each.by})")
    return found


def _imported(row: Row, source: str) -> Imported:
    counted = row.denominator is not None and row.numerator is not None
    value = Fraction(row.numerator or 0, row.denominator or 1) if counted else row.value
    return Imported(
        row.unit, row.figure, row.numerator, row.denominator, value or Fraction(0), source
    )


def together(found: Sequence[Imported]) -> Imported | None:
    """Several as one, by their counts; None when one of them came without counts."""
    if not found or any(each.denominator is None for each in found):
        return None
    if len(found) == 1:
        return found[0]
    numerator = sum(each.numerator or 0 for each in found)
    denominator = sum(each.denominator or 0 for each in found)
    sources = "; ".join(dict.fromkeys(each.source for each in found))
    first, value = found[0], Fraction(numerator, denominator or 1)
    return Imported(first.unit, first.figure, numerator, denominator, value, sources)


def over_months(months: Sequence[Mapping[Place, Imported]]) -> dict[Place, Imported]:
    """A quarter or year from its months: only what every month has, with counts."""
    everywhere = set(months[0]).intersection(*months[1:]) if months else set[Place]()
    sums = {place: together([month[place] for month in months]) for place in everywhere}
    return {place: found for place, found in sums.items() if found}


def topmost(found: Sequence[Imported], below: Below) -> tuple[Imported, ...]:
    """Those that no row of a unit above speaks for: it was counted with everything `below`."""
    spoken_for = {
        (unit, row.figure) for row in found for unit in below(row.unit) if unit != row.unit
    }
    return tuple(row for row in found if (row.unit, row.figure) not in spoken_for)


def for_unit(unit: str, found: Sequence[Imported]) -> dict[str, Imported]:
    """Each figure of a unit with its subtree: its own row, else the rows below it together."""
    by_figure: dict[str, list[Imported]] = {}
    for each in found:
        by_figure.setdefault(each.figure, []).append(each)
    return dict(_heads(unit, by_figure))


def _heads(unit: str, by_figure: Mapping[str, list[Imported]]) -> Iterator[tuple[str, Imported]]:
    for figure, rows in by_figure.items():
        own = next((row for row in rows if row.unit == unit), None)
        if head := own or together(rows):
            yield figure, head
