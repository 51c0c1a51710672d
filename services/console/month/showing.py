"""Months, boards and movements as a person at a terminal reads them."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from services.errors import NotFound

console = Console()
ROUNDING = "取整尾差"


class NoSuchUnit(NotFound):
    """No such unit is on these boards; leave 'unit' out to see those that are."""


def show_month(month: dict[str, Any]) -> None:
    """A period's state, its checks, and the revisions published."""
    console.print(f"{month['period']}: {month['state']}, revision {month['revision']}")
    for check in month["checks"]:
        accepted = " (accepted)" if check["name"] in month["accepted"] else ""
        console.print(f"  {check['name']}: {check['found']}{accepted}")
        if check["named"]:
            console.print(f"    {', '.join(check['named'])}", markup=False, style="dim")
    if month["buckets"]:
        told = (
            f"{month['recounted']} of {month['buckets']} buckets had changed since the last check"
        )
        console.print(f"  {told} and were recounted")
    for each in month["published"]:
        cause = f": {each['cause']}" if each["cause"] else ""
        console.print(f"  revision {each['revision']} at {each['at']} by {each['by']}{cause}")
    if settlement := month.get("settlement"):
        moved = ", ".join(settlement["units"])
        console.print(f"  {settlement['period']} has changed since ({moved}): {settlement['do']}")


def show_board(board: dict[str, Any]) -> None:
    """The region's terms, and the places of the units."""
    fresh = "" if board["fresh"] else " (tallies are still catching up)"
    console.print(f"{board['period']} {board['state']} · {board['rules']}{fresh}")
    show_line(board["region"], board["index"])
    heads = ("place", "unit", "score", "peers", "好评率 lies in (95 %)")
    table = Table(*heads, title=board["index"]["label"])
    for line in sorted(board["units"], key=lambda each: (each["rank"] is None, each["rank"])):
        score = line["score"]["printed"] if line["score"] else "—"
        place = str(line["rank"]) if line["rank"] else "not ranked"
        interval = line["beside"]["interval"]
        good = interval["printed"] if interval else "—"
        table.add_row(place, line["name"], score, line["peers"] or "—", good)
    console.print(table)


def show_line(line: dict[str, Any], index: dict[str, Any]) -> None:
    """A unit's index with every term."""
    score = line["score"]["printed"] if line["score"] else "—"
    table = Table(title=f"{line['name']} · {index['name']} {score} / {index['of']}")
    for head in ("term", "value", "weight", "in effect", "points", "why"):
        table.add_column(head)
    for term in line["terms"]:
        figures = (term["value"], term["weight"], term["effective_weight"])
        table.add_row(term["name"], *figures, term["points"]["printed"], term["why"] or "")
    for name, points in _left(line).items():
        table.add_row(name, "", "", "", points, "")
    console.print(table)
    show_beside(line["beside"])


def _left(line: dict[str, Any]) -> dict[str, str]:
    """What the printed points lack of the printed score: that of a cap, and of rounding."""
    left = {"封顶": line.get("cut_printed"), ROUNDING: line.get("rounding")}
    return {name: points for name, points in left.items() if points and float(points)}


def show_beside(beside: dict[str, Any]) -> None:
    """What stands beside every good rate."""
    counts = ("unrated", "default", "marked", "invalidated")
    told = [f"{name} {beside[name]}" for name in counts]
    rates = {name: found for name, found in beside["good_rate"].items() if found}
    told += [f"{name} {found['printed']}" for name, found in rates.items()]
    if beside["interval"]:
        told.append(f"95 % interval {beside['interval']['printed']}")
    console.print(" · ".join(told), style="dim", highlight=False)
    for signal in beside["signals"]:
        console.print(f"  signal {signal['signal']} ({signal['count']}): {signal['look']}")


def show_side_by_side(told: dict[str, Any], unit: str | None) -> None:
    """Two boards: every unit's scores, or one unit's change term by term. Raises NoSuchUnit."""
    before, after = (_board(told[side]) for side in ("before", "after"))
    lines = {line["unit"]: line for line in (told["region"], *told["units"])}
    if unit:
        if unit not in lines:
            raise NoSuchUnit
        show_moved(lines[unit], before, after)
        return
    table = Table("unit", before, "place", after, "place", "change", "most of it")
    for line in lines.values():
        table.add_row(line["name"], *_sides(line), line["change"]["printed"], _most(line["terms"]))
    console.print(table)


def _board(side: dict[str, Any]) -> str:
    """Which board: its period, its revision if it was published, and its index."""
    revision = f"@{side['revision']}" if side["state"] == "published" else ""
    return f"{side['period']}{revision} {side['index']}"


def _sides(line: dict[str, Any]) -> list[str]:
    cells = []
    for side in ("before", "after"):
        score, rank = line[side]["score"], line[side]["rank"]
        cells += [score["printed"] if score else "—", str(rank or "—")]
    return cells


def _most(terms: list[dict[str, Any]]) -> str:
    moved = [term for term in terms if term["change"]["exact"] != "0"]
    if not moved:
        return ""
    most = max(moved, key=lambda term: float(term["change"]["printed"]) ** 2)
    return f"{most['name']} {most['change']['printed']}"


def show_moved(line: dict[str, Any], before: str, after: str) -> None:
    """One unit's change, split over its terms; what is printed adds up."""
    table = Table("term", before, after, "change", "by value", "by weight", title=line["name"])
    for term in line["terms"]:
        changes = (term[part]["printed"] for part in ("change", "by_value", "by_weight"))
        table.add_row(term["name"], term["before"], term["after"], *changes)
    if line["rounding"] != "0.00":
        table.add_row(ROUNDING, "", "", line["rounding"], "", "")
    table.add_row("[bold]together[/]", "", "", line["change"]["printed"], "", "")
    console.print(table)


def show_imports(told: dict[str, Any]) -> None:
    """What holds for a period, what is missing, and the imports there were."""
    table = Table("unit", "figure", "value", "counts", "source", title=f"{told['period']} imports")
    for row in told["in_force"]:
        counted = row["denominator"] is not None
        counts = f"{row['numerator']} / {row['denominator']}" if counted else "—"
        name = told["figures"][row["figure"]]["name"]
        table.add_row(row["unit"], name, row["printed"], counts, row["source"])
    console.print(table)
    for each in told["missing"]:
        console.print(f"missing: {each['unit']} {told['figures'][each['figure']]['name']}")
    for each in told["imports"]:
        rows = len(each["rows"])
        console.print(f"{each['id']} {each['at']} by {each['by']}: {rows} rows, {each['source']}")


def show_audit(found: dict[str, Any]) -> None:
    """What a check of the tallies found."""
    console.print(f"{found['recounted']} of {found['buckets']} buckets recounted")
    console.print(f"{found['differing']} differed from the ratings")
    for each in found["differences"]:
        repaired = "repaired" if each["repaired"] else "changed meanwhile"
        console.print(f"  {each['day']} {each['unit']}: {each['had']} → {each['has']}, {repaired}")
