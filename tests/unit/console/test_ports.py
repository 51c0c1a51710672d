"""Free loopback ports."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from services.console.stack.ports import (
    FIRST,
    LAST,
    LOOPBACK,
    claim,
    is_free,
    release,
    remembered,
)

NAMES = ("amqp", "mongo", "capture")
CLAIM = """
import sys
from services.console.stack.ports import claim

print(claim(["amqp"], {"amqp": int(sys.argv[1])})["amqp"])
"""


def test_every_name_gets_a_port_of_its_own_below_the_kernels_own_range() -> None:
    claimed = claim(NAMES, {})
    assert set(claimed) == set(NAMES)
    assert len(set(claimed.values())) == len(NAMES)
    assert all(FIRST <= port <= LAST for port in claimed.values())


def test_a_free_port_is_kept_from_last_time() -> None:
    first = claim(NAMES, {})
    release(first.values())
    assert claim(NAMES, first) == first


def test_a_port_is_given_to_one_stack_until_it_is_released_though_nobody_listens_on_it() -> None:
    """A broker boots for seconds, and a service that was killed is away for as long."""
    ours = claim(["amqp"], {})
    assert is_free(ours["amqp"])
    theirs = subprocess.run(
        [sys.executable, "-c", CLAIM, str(ours["amqp"])], capture_output=True, text=True, check=True
    )
    assert int(theirs.stdout) != ours["amqp"]


def test_who_ends_without_releasing_leaves_no_port_behind() -> None:
    theirs = subprocess.run(
        [sys.executable, "-c", CLAIM, "0"], capture_output=True, text=True, check=True
    )
    left = {"amqp": int(theirs.stdout)}
    assert claim(["amqp"], left) == left


def test_a_port_that_somebody_took_meanwhile_is_replaced() -> None:
    with socket.socket() as other:
        taken = claim(["amqp"], {})["amqp"]
        release([taken])
        other.bind((LOOPBACK, taken))
        other.listen()
        assert not is_free(taken)
        assert claim(["amqp"], {"amqp": taken})["amqp"] != taken


def test_two_names_that_remember_the_same_port_do_not_share_it() -> None:
    port = claim(["amqp"], {})["amqp"]
    release([port])
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
