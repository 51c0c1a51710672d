"""W3C Trace Context, as it comes and goes."""

from __future__ import annotations

import pytest

from services.contracts.tracing import MOST, Trace, traces

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_what_somebody_sends_is_gone_on_with() -> None:
    trace = Trace.of(GIVEN)
    assert trace is not None
    assert trace.header == GIVEN
    then = trace.next()
    assert (then.id, then.sampled) == (trace.id, True)
    assert then.span != trace.span


def test_a_later_version_of_the_standard_may_say_more() -> None:
    trace = Trace.of(f"cc{GIVEN[2:]}-what-the-future-will-be-like")
    assert trace is not None
    assert trace.header == GIVEN


def test_who_does_not_keep_traces_says_so_to_the_next() -> None:
    trace = Trace.of(f"{GIVEN[:-2]}00")
    assert trace is not None
    assert trace.next().header.endswith("-00")


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "13800138000",
        GIVEN.upper(),
        f"ff{GIVEN[2:]}",
        f"{GIVEN}-more",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
        GIVEN.replace("4bf9", "4bg9"),
        f" {GIVEN}",
    ],
)
def test_what_the_standard_does_not_allow_says_nothing(wrong: str) -> None:
    assert Trace.of(wrong) is None


def test_what_came_of_many_tells_each_once_and_of_very_many_some() -> None:
    many = [Trace.new() for _ in range(2 * MOST)]
    assert traces([GIVEN, None, "nonsense", GIVEN]) == [Trace.of(GIVEN)]
    assert traces(each.header for each in many) == many[:MOST]
