"""What a bench says: every figure with its unit, and the bars with whether they hold."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Bar:
    """A figure that was promised; `at_least` tells on which side of the bound it must lie."""

    name: str
    value: float
    bound: float
    at_least: bool = True

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def plain(self) -> dict[str, Any]:
        """For machines."""
        bound = f"{'>=' if self.at_least else '<='} {self.bound}"
        return {"name": self.name, "value": self.value, "bound": bound, "holds": self.holds}


@dataclass(frozen=True)
class Figure:
    """The median of some runs, and the runs."""

    unit: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle run."""
        return median(self.runs)


@dataclass
class Result:
    """One bench."""

    name: str
    raw: dict[str, Figure] = field(default_factory=dict)
    bars: list[Bar] = field(default_factory=list)

    def record(self, name: str, unit: str, value: float) -> None:
        """Add a run of a figure."""
        runs = self.raw[name].runs if name in self.raw else ()
        self.raw[name] = Figure(unit, (*runs, value))

    def ratio(self, name: str, over: str, under: str, bound: float, *, at_least: bool) -> None:
        """Set a bar on the median of the ratios of runs that were made side by side."""
        pairs = zip(self.raw[over].runs, self.raw[under].runs, strict=True)
        self.bars.append(Bar(name, median(a / b for a, b in pairs), bound, at_least))

    def plain(self) -> Mapping[str, Any]:
        """For machines: `machine`, `raw` and `bars`."""
        raw = {name: asdict(each) | {"median": each.median} for name, each in self.raw.items()}
        return {
            "bench": self.name,
            "machine": machine(),
            "raw": raw,
            "bars": [bar.plain() for bar in self.bars],
        }


def machine() -> dict[str, Any]:
    """What it was measured on."""
    memory = psutil.virtual_memory().total
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def show(result: Result, console: Console) -> None:
    """A table for people."""
    figures = Table("figure", "median", "unit", "runs", title=f"bench {result.name}")
    for name, each in result.raw.items():
        runs = " ".join(f"{run:,.3g}" for run in each.runs)
        figures.add_row(name, f"{each.median:,.4g}", each.unit, runs)
    bars = Table("bar", "value", "bound", "holds")
    for bar in result.bars:
        plain = bar.plain()
        bars.add_row(bar.name, f"{bar.value:.3g}", plain["bound"], "yes" if bar.holds else "NO")
    console.print(figures, bars)


def write(result: Result, target: str, echo: Callable[[str], None]) -> None:
    """The JSON object: to a file, or to `echo` for '-'."""
    text = json.dumps(result.plain(), ensure_ascii=False, indent=1)
    if target == "-":
        echo(text)
    elif target:
        with open(target, "w", encoding="utf-8") as file:  # noqa: PTH123 - a name from the user
            file.write(text)
