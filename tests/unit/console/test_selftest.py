"""Probes on paths that lose, refuse or crawl: each obstacle is named once, with what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from services.console.asking import NotAnswered
from services.console.probes import EVERY, Closed, Path, Probe, noting
from services.console.selftest import SLOW, obstacles, try_all
from services.contracts.vocabulary import Channel, Level

PC, QR = Channel.PC, Channel.QR


@dataclass
class Watch:
    """A clock that goes on only while somebody waits."""

    now: float = 0

    def monotonic(self) -> float:
        """What it shows."""
        return self.now

    def sleep(self, seconds: float, /) -> None:
        """Go on."""
        self.now += seconds


@dataclass
class Way:
    """A path of which the test decides what becomes of its probes."""

    refuses: frozenset[int] = frozenset()
    loses: frozenset[int] = frozenset()
    takes_s: float = 0
    watch: Watch = field(default_factory=Watch)
    name: str = "way"
    channels: tuple[Channel, ...] = EVERY

    def send(self, probes: Sequence[Probe]) -> None:
        """Take them, or refuse some levels."""
        self.watch.sleep(self.takes_s)
        for probe in probes:
            with noting(probe):
                if probe.level in self.refuses:
                    raise NotAnswered("level: out of range")

    def find(self, probe: Probe) -> dict[str, Any]:
        """Here, unless it is lost."""
        lost = probe.level in self.loses
        return {"status": "not_seen_yet" if lost else "probe_passed", "detail": "as it is"}


def told(
    *paths: Path, channels: Sequence[Channel] = (PC,), watch: Watch | None = None
) -> list[str]:
    """What is said at the end, of what was tried within five seconds."""
    return list(obstacles(try_all(paths, channels, 5, watch or Watch())))


def test_open_ways_are_no_news() -> None:
    assert told(Way(), Way(name="other"), channels=EVERY) == []


def test_a_way_that_takes_no_bad_ratings_is_named_with_the_levels() -> None:
    [line] = told(Way(refuses=frozenset({1, 2})))
    assert line.startswith("pc over way, level 2, 1: refused by the edge: level: out of range; ")
    assert "log of capture" in line


def test_what_is_lost_on_one_way_does_not_hide_behind_another() -> None:
    [line] = told(Way(), Way(loses=frozenset({1}), name="lossy"))
    assert line.startswith("pc over lossy, level 1: sent, and not seen in the store in time; see")


def test_a_way_carries_its_own_channels_only() -> None:
    probes = try_all([Way(channels=(QR,))], [PC, QR], 5, Watch())
    assert [(probe.channel, probe.level) for probe in probes] == [(QR, level) for level in Level]


def test_a_way_that_is_not_there_says_what_to_do() -> None:
    [line] = told(Closed("mqtt", "name --mqtt-url"))
    assert line == "pc over mqtt, level 5, 4, 3, 2, 1: not tried: name --mqtt-url"


def test_a_slow_way_leaves_the_others_their_time() -> None:
    watch = Watch()
    crawls, swift = Way(takes_s=3, watch=watch, name="crawls"), Way(name="swift")
    [line] = told(crawls, swift, channels=(PC, QR), watch=watch)
    assert line.startswith(f"qr over crawls, level 5, 4, 3, 2, 1: {SLOW}")
