"""Draws what `haoping bench soak --json FILE` measured: `python -m tests.soak.plot FILE SVG`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment

WIDTH, HEIGHT, LEFT, GAP = 720, 150, 60, 50
COLOURS = ("#1f5fa8", "#b3541e", "#3c7a3c", "#7a3c78", "#8a6d1a", "#555555")
MOST_POINTS = 200
PICTURE = (Path(__file__).parent / "soak.svg.j2").read_text(encoding="utf-8")
Figures = Mapping[str, Mapping[str, Any]]


def drawn(figures: Figures) -> str:
    """One panel for each unit; from left to right the time of the soak."""
    units = list(dict.fromkeys(str(each["unit"]) for each in figures.values()))
    series = {name: each for name, each in figures.items() if len(each["runs"]) > 1}
    panels = [
        _panel(number, {n: e for n, e in series.items() if e["unit"] == unit})
        for number, unit in enumerate(unit for unit in units if unit != "presses")
    ]
    high = GAP + len(panels) * (HEIGHT + GAP)
    sizes = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "high": high}
    return Environment(autoescape=True).from_string(PICTURE).render(panels=panels, **sizes)


def _panel(number: int, figures: Figures) -> Mapping[str, Any]:
    most = max(max(each["runs"]) for each in figures.values()) or 1.0
    [unit] = {each["unit"] for each in figures.values()}
    lines = [
        {"name": name, "colour": colour, "points": _points(each["runs"], most)}
        for (name, each), colour in zip(figures.items(), COLOURS, strict=False)
    ]
    top = GAP + number * (HEIGHT + GAP)
    return {
        "title": unit,
        "most": f"{most:,.3g}" if most < 1000 else f"{most:,.0f}",
        "top": top,
        "lines": lines,
    }


def _points(runs: Sequence[float], most: float) -> str:
    stride = -(-len(runs) // MOST_POINTS)
    seen, across = runs[::stride], WIDTH - LEFT
    step = across / max(1, len(seen) - 1)
    return " ".join(
        f"{at * step:.1f},{HEIGHT * (1 - value / most):.1f}" for at, value in enumerate(seen)
    )


if __name__ == "__main__":
    measured, picture = map(Path, sys.argv[1:3])
    picture.write_text(drawn(json.loads(measured.read_text())["raw"]), encoding="utf-8")
