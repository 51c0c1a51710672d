"""Ratings in the form of others: the national reporting fields, and GB/T 39046-2020 table 9.

Who rated stays sealed here. For an anonymous rating the errand number and the exact time are
personal too (design, decision 16), so the number is left out and the time cut to its day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.contracts.csvfile import MARK, csv_text
from services.contracts.directory import Directory
from services.contracts.period import Period
from services.contracts.rules import Rules
from services.contracts.vocabulary import Channel, Level, Stage
from services.score.happenings import Happenings

Document = Mapping[str, Any]
CHANNELS = ("PC端", "移动端", "二维码", "政务大厅平板电脑", "政务大厅其他终端", "电话", "短信")
NATIONAL_SCALE = "国家好差评接口: 5=非常满意 … 1=非常不满意"
GBT_SCALE = "GB/T 39046-2020 表A.8: 1=非常满意 … 5=非常不满意"
LEVELS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
PRO_STATUS = {Stage.ACCEPTED: 2, Stage.COMPLETED: 3}


@dataclass(frozen=True)
class Export:
    """One form of export, and what it looks names up in."""

    form: Literal["national", "gbt39046"]
    rules: Rules
    directory: Directory

    @property
    def heads(self) -> tuple[str, ...]:
        """The names of the fields, as their document writes them."""
        return NATIONAL if self.form == "national" else TABLE_9

    def row(self, rating: Document) -> list[Any]:
        """A rating in this form."""
        fields = self._national(rating) if self.form == "national" else self._table_9(rating)
        return [fields[name] for name in self.heads]

    def _number(self, rating: Document) -> str:
        return str(rating.get("errand_number") or "") if rating.get("named") else ""

    def _time(self, rating: Document, exact: str, day: str) -> str:
        local: datetime = rating["pressed_at"].astimezone(self.rules.region.zone)
        return local.strftime(exact if rating.get("named") else day)

    def _national(self, rating: Document) -> dict[str, Any]:
        unit, item = rating["unit"], rating.get("item")
        named_unit = self.directory.unit.get(unit)
        named_item = self.directory.item.get(item) if item else None
        return {
            "deptCode": unit,
            "deptName": named_unit.name if named_unit else "",
            "taskCode": item or "",
            "taskName": named_item.name if named_item else "",
            "projectNo": self._number(rating),
            "proStatus": PRO_STATUS[Stage(rating["stage"])],
            "pf": Channel(rating["channel"]).pf,
            "satisfaction": rating["level"],
            "evalDetail": ",".join(rating.get("tags") or ()),
            "assessTime": self._time(rating, "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"),
            "assessNumber": rating["turn"],
            "serviceNumber": rating.get("occurrence") or 1,
            "isDefault": 0,
            "effectivEvalua": int(rating["standing"] == "valid"),
            "anonymity": 2 if rating.get("named") else 1,
            "windowName": rating.get("window") or "",
            "scale": NATIONAL_SCALE,
        }

    def _table_9(self, rating: Document) -> dict[str, Any]:
        level = Level(rating["level"])
        return {
            "办件编号": self._number(rating),
            "评价渠道": CHANNELS[Channel(rating["channel"]).pf - 1],
            "评价人": "",
            "评价时间": self._time(rating, "%Y%m%dT%H%M%S", "%Y%m%d"),
            "评价次数": rating["turn"],
            "满意度": LEVELS[int(level)],
            "满意度代码": level.gbt39046,
            "文字评价": "",
            "行政区划": self.rules.region.name,
            "满意度代码表": GBT_SCALE,
        }


NATIONAL = tuple(
    (
        "deptCode deptName taskCode taskName projectNo proStatus pf satisfaction evalDetail "
        "assessTime assessNumber serviceNumber isDefault effectivEvalua anonymity windowName scale"
    ).split()
)
TABLE_9 = tuple(
    (
        "办件编号 评价渠道 评价人 评价时间 评价次数 满意度 满意度代码 文字评价 行政区划 "
        "满意度代码表"
    ).split()
)


def exported(export: Export, happenings: Happenings, period: Period) -> Iterator[str]:
    """The lines of the file, a day at a time."""
    yield MARK + csv_text([export.heads])
    for day in period.days:
        ratings = sorted(happenings.to_export(day), key=lambda each: str(each["_id"]))
        yield csv_text(map(export.row, ratings))
