"""Figures that governments have published, read from `data/published_months.csv`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from typing import TypeVar

from services.console.stack.layout import PROJECT
from services.contracts.vocabulary import Channel, Level

Key = TypeVar("Key")
FILE = PROJECT / "data" / "published_months.csv"
WEIYUAN = ("渭源县", "2020")
WEIYUAN_CHANNELS = {
    "其他终端": Channel.TERMINAL,
    "移动端": Channel.MOBILE,
    "PC端": Channel.PC,
    "平板": Channel.TABLET,
    "短信": Channel.SMS,
    "二维码": Channel.QR,
}
PRINTED_SHARES = {
    Channel.TERMINAL: "40.16",
    Channel.MOBILE: "25.64",
    Channel.PC: "18.48",
    Channel.TABLET: "15.67",
    Channel.SMS: "0.03",
    Channel.QR: "0.01",
}
PRINTED_GOOD_RATE = "99.95%"


@cache
def published(place: str, month: str, kind: str) -> dict[str, int]:
    """The counts of one kind (`channel`, `level`, `part`) that a place published for a month."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["field"].removeprefix(f"{kind}:"): int(row["value"])
            for row in csv.DictReader(file)
            if (row["place"], row["month"]) == (place, month)
            and row["field"].startswith(f"{kind}:")
        }


def weiyuan_channels() -> dict[Channel, int]:
    """The 24,793 ratings of 渭源 in 2020 by channel, as published."""
    counts = published(*WEIYUAN, "channel")
    return {channel: counts[name] for name, channel in WEIYUAN_CHANNELS.items()}


def levels(place: str, month: str) -> dict[Level, int]:
    """The counts by level that a place published."""
    return {Level(int(code)): count for code, count in published(place, month, "level").items()}


def apportioned(counts: Mapping[Key, int], total: int) -> dict[Key, int]:
    """`total` split in proportion to `counts`, whole: largest remainders first (Hamilton)."""
    whole = sum(counts.values())
    split = {key: divmod(count * total, whole) for key, count in counts.items()}
    missing = total - sum(share for share, _ in split.values())
    favoured = sorted(split, key=lambda key: -split[key][1])[:missing]
    return {key: share + (key in favoured) for key, (share, _) in split.items()}
