"""Figures that are looked up: seldom, each by itself, and never waited for long."""

from __future__ import annotations

from collections.abc import Iterator

import eventlet
import pytest

from services.adapters.telemetry.figures import Figure, Gauges, Look, Reading, Readings


class Database:
    """Something that is asked; it takes its time, or fails."""

    def __init__(self) -> None:
        self.seconds, self.looks, self.takes_s, self.away = 0.0, 0, 0.0, False

    def look(self) -> Iterator[Figure]:
        """How often it was asked."""
        self.looks += 1
        self.seconds += self.takes_s
        if self.away:
            raise ConnectionError("away")
        yield Figure("haoping_ready", self.looks)


@pytest.fixture
def database() -> Database:
    return Database()


def read(reading: Reading, look: Look) -> list[float]:
    """What is told to who asks now."""
    reading.begin(look)
    reading.wait()
    return [each.value for each in reading.found]


def test_what_was_found_is_told_for_a_quarter_of_a_minute(database: Database) -> None:
    reading = Reading(lambda: database.seconds)
    assert read(reading, database.look) == read(reading, database.look) == [1]
    database.seconds += 15
    assert read(reading, database.look) == [2]


def test_looking_takes_at_most_a_hundredth_of_the_time(database: Database) -> None:
    reading, database.takes_s = Reading(lambda: database.seconds), 2.0
    while database.seconds < 2000:
        read(reading, database.look)
        database.seconds += 1
    assert database.looks * database.takes_s <= 2000 / 100 + database.takes_s


def test_what_cannot_be_read_is_left_out_and_looked_for_again(database: Database) -> None:
    reading, database.away = Reading(lambda: database.seconds), True
    assert read(reading, database.look) == []
    database.away = False
    database.seconds += 15
    assert read(reading, database.look) == [2]


def test_a_look_that_hangs_keeps_nobody_from_being_told_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.adapters.telemetry.figures.PATIENCE_S", 0.05)
    over = eventlet.event.Event()

    def hangs() -> Iterator[Figure]:
        over.wait()
        yield Figure("haoping_cases_open", 7)

    readings = Readings()
    looks: dict[str, Look] = {"hangs": hangs, "answers": database.look}
    assert readings.figures(looks) == [Figure("haoping_ready", 1)]
    over.send()
    eventlet.sleep(0)
    assert Figure("haoping_cases_open", 7) in readings.figures(looks)
    assert database.looks == 1


def test_figures_of_one_name_are_one_family() -> None:
    rows = [Figure("haoping_quarantine_rows", n, {"state": s}) for s, n in (("a", 1), ("b", 2))]
    [family] = Gauges(rows).collect()
    assert {each.labels["state"]: each.value for each in family.samples} == {"a": 1, "b": 2}
