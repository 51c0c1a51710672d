"""The board as a file for people: XLSX with definitions, a page to print, CSV, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any

from services.contracts.csvfile import MARK, csv_text
from services.contracts.period import Period
from services.errors import NotFound
from services.score import printable, views
from services.score.adding import rounding, signed
from services.score.forms import Reported
from services.score.indicators import INDICATORS
from services.score.overview import pareto
from services.score.scorer import Scorer
from services.score.tally import combined
from services.score.views import Sees, View
from services.score.workbook import Sheet, workbook

CSV, JSON = "text/csv; charset=utf-8", "application/json"
HTML = "text/html; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADS = ("位次", "机构编码", "机构", "同级组", "得分", "较上期", "位次较上期", "评价数", "好评率")
HONEST = ("未评", "默认", "有标记", "无效", "原始好评率", "剔除标记后", "好评率区间(95%)")

ROUNDING = "取整尾差"


def report(scorer: Scorer, key: str, asked: Reported, sees: Sees) -> tuple[str, bytes]:
    """The media type and the bytes of the report."""
    page = scorer.page(key, asked.index, sees)
    before = _page_before(scorer, key, asked.index, sees)
    if asked.format == "json":
        told = {**page, "medians": medians(page), "tags": tags(scorer, key, asked.index, sees)}
        return JSON, json.dumps(told, ensure_ascii=False, indent=1).encode()
    if asked.format == "csv":
        return CSV, (MARK + csv_text([_heads(page), *_rows(page, before)])).encode()
    sheets = list(_sheets(scorer, key, page, before, sees))
    if asked.format == "html":
        return HTML, _printed_page(page, sheets).encode()
    return XLSX, workbook(sheets)


def _printed_page(page: View, sheets: list[Sheet]) -> str:
    tables = ((sheet.title, sheet.heads, sheet.rows) for sheet in sheets)
    return printable.page(f"{page['index']['name']} {page['period']}", _caption(page), tables)


def _page_before(scorer: Scorer, key: str, index: str, sees: Sees) -> View | None:
    try:
        return scorer.page(Period.parse(key.partition("@")[0]).before.key, index, sees)
    except NotFound:
        return None


def _sheets(
    scorer: Scorer, key: str, page: View, before: View | None, sees: Sees
) -> Iterator[Sheet]:
    yield Sheet("得分与位次", _heads(page), list(_rows(page, before)), _caption(page))
    yield Sheet("中位数", ("指标", "中位数", "机构数"), _median_rows(page))
    pareto = [
        (t["tag"], t["label"], t["count"], t["share"], t["cumulative"])
        for t in tags(scorer, key, page["index"]["id"], sees)
    ]
    yield Sheet("差评原因", ("代码", "原因", "次数", "占比", "累计占比"), pareto)
    definitions = views.definitions().items()
    yield Sheet(
        "指标定义",
        ("代码", "指标", "定义", "不计入", "来源", "方向", "无数据时"),
        [
            (
                key,
                m["name"],
                m["definition"],
                m["excludes"],
                m["source"],
                m["direction"],
                m["no_data"],
            )
            for key, m in definitions
        ],
    )


def _caption(page: View) -> list[tuple[str, str]]:
    """Under what the figures stand: printed on every report."""
    index = page["index"]
    return [
        ("期间", f"{page['first']} – {page['last']}"),
        ("状态", f"{page['state']}, 第 {page['revision']} 版"),
        ("数据截止", str(page["cut_off"])),
        ("指数", f"{index['name']} ({index['label']}, 满分 {index['of']})"),
        ("权重来源", str(index["source"])),
        ("规则", str(page["rules"])),
        ("工作日历", str(page.get("calendar") or "")),
        ("取整", "位次按打印值; 越高越好的比率截断, 越低越好的比率进位"),
    ]


def _heads(page: View) -> tuple[str, ...]:
    return (*HEADS, *HONEST, *(term["name"] for term in page["region"]["terms"]), ROUNDING)


def _rows(page: View, before: View | None) -> Iterator[tuple[Any, ...]]:
    old = {line["unit"]: line for line in before["units"]} if before else {}
    for line in sorted(page["units"], key=_by_place):
        yield _row(line, old.get(line["unit"]))
    yield _row(page["region"], before["region"] if before else None)


def _by_place(line: View) -> tuple[str, bool, int, str]:
    return line["peers"] or "~", line["rank"] is None, line["rank"] or 0, line["unit"]


def _row(line: View, old: View | None) -> tuple[Any, ...]:
    beside = line["beside"]
    return (
        line["rank"] or "不排名",
        line["unit"],
        line["name"],
        line["peers"] or "",
        line["score"]["printed"] if line["score"] else "—",
        _change(line, old),
        old["rank"] - line["rank"] if old and old["rank"] and line["rank"] else "",
        line["counts"]["ratings"]["in_levels"],
        next(each["printed"] for each in line["indicators"] if each["key"] == "good_rate"),
        *(beside[name] for name in ("unrated", "default", "marked", "invalidated")),
        *(_printed(beside["good_rate"][name]) for name in ("raw", "without_marked")),
        _printed(beside["interval"]),
        *(f"{term['points']['printed']} / {term['value']}" for term in line["terms"]),
        str(rounding(line) or ""),
    )


def _printed(shown: View | None) -> str:
    return shown["printed"] if shown else "—"


def _change(line: View, old: View | None) -> str:
    if not old or not old["score"] or not line["score"]:
        return ""
    return signed(Decimal(line["score"]["printed"]) - Decimal(old["score"]["printed"]))


def medians(page: View) -> list[View]:
    """The median unit of each indicator, among the units that could be measured."""
    values: dict[str, list[Fraction]] = {}
    names: dict[str, str] = {}
    for line in page["units"]:
        for each in line["indicators"]:
            names[each["key"]] = each["name"]
            if each["exact"] is not None:
                values.setdefault(each["key"], []).append(Fraction(each["exact"]))
    return [
        {"indicator": key, "name": names[key], "median": str(median(found)), "units": len(found)}
        for key, found in values.items()
    ]


def _median_rows(page: View) -> list[tuple[Any, ...]]:
    """Each median as its indicator is printed."""
    return [
        (m["name"], _as(m["indicator"], Fraction(m["median"])), m["units"]) for m in medians(page)
    ]


def _as(indicator: str, value: Fraction) -> str:
    return INDICATORS[indicator].printing.text(value)


def tags(scorer: Scorer, key: str, index: str, sees: Sees) -> list[View]:
    """Tags of bad ratings, most picked first, with shares that add up (Pareto)."""
    reading = scorer.read(scorer.month_of(key), index)
    topics = combined(own.topics for unit, own in reading.facts.items() if sees(unit))
    counts = combined({topic.tag: count} for topic, count in topics.items() if topic.tag)
    return pareto(counts, reading.context.rules)
