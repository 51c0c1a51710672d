"""How much is written about what was denied."""

from __future__ import annotations

from services.adapters.ledger.denials import IN_FULL_OF_KNOWN, MINUTE_S, MOST_KINDS, Denials


def entry(address: str = "192.0.2.7", actor: str = "anonymous") -> dict[str, object]:
    """A denial."""
    return {"actor": actor, "address": address, "route": "GET /v1/cases", "status": 401}


def denied(denials: Denials, times: int, address: str = "192.0.2.7", known: bool = False) -> int:
    """How many of so many were written in full."""
    actor = "wang" if known else "anonymous"
    said = entry(address, actor)
    return sum(denials.is_written((actor, address), known, said, now=0.0) for _ in range(times))


def test_a_stranger_gets_one_entry_a_minute_and_a_count_after_it() -> None:
    denials = Denials()
    assert denied(denials, 10_000) == 1
    assert list(denials.ended(MINUTE_S - 1)) == []
    (counted,) = denials.ended(MINUTE_S)
    assert (counted["count"], counted["address"]) == (9_999, "192.0.2.7")
    assert list(denials.ended(2 * MINUTE_S)) == []
    assert denied(denials, 1) == 1


def test_of_somebody_who_is_known_more_is_written() -> None:
    assert denied(Denials(), 100, known=True) == IN_FULL_OF_KNOWN


def test_an_attacker_with_many_addresses_fills_no_memory_and_no_disk() -> None:
    denials = Denials()
    written = sum(denied(denials, 2, address=f"2001:db8::{n:x}") for n in range(20 * MOST_KINDS))
    assert written == MOST_KINDS + 1
    counts = [each["count"] for each in denials.ended(MINUTE_S)]
    assert len(counts) == MOST_KINDS + 1
    assert written + sum(counts) == 2 * 20 * MOST_KINDS
