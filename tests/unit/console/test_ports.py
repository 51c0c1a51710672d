"""Free loopback ports."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from services.console.stack.ports import FIRST, LAST, LOOPBACK, claim, is_free, remembered

NAMES = ("amqp", "mongo", "capture")


def test_every_name_gets_a_port_of_its_own_below_the_kernels_own_range() -> None:
    claimed = claim(NAMES, {})
    assert set(claimed) == set(NAMES)
    assert len(set(claimed.values())) == len(NAMES)
    assert all(FIRST <= port <= LAST for port in claimed.values())


def test_a_free_port_is_kept_from_last_time() -> None:
    first = claim(NAMES, {})
    assert claim(NAMES, first) == first


def test_a_port_that_somebody_took_meanwhile_is_replaced() -> None:
    with socket.socket() as other:
        taken = claim(["amqp"], {})["amqp"]
        other.bind((LOOPBACK, taken))
        other.listen()
        assert not is_free(taken)
        assert claim(["amqp"], {"amqp": taken})["amqp"] != taken


def test_two_names_that_remember_the_same_port_do_not_share_it() -> None:
    port = claim(["amqp"], {})["amqp"]
    claimed = claim(["amqp", "mongo"], {"amqp": port, "mongo": port})
    assert claimed["amqp"] == port != claimed["mongo"]


@pytest.mark.parametrize("left", ["", '{"amqp": 20', "[20001]", '{"amqp": null}'])
def test_what_a_power_failure_left_of_the_ports_of_last_time_stops_no_start(
    tmp_path: Path, left: str
) -> None:
    file = tmp_path / "ports.json"
    file.write_text(left)
    assert remembered(file) == {}


def test_there_are_no_ports_of_last_time_at_the_first_start(tmp_path: Path) -> None:
    assert remembered(tmp_path / "ports.json") == {}
