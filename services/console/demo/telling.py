"""What the running services tell people at the end of the story, and the figures for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from services.console.demo import reckon
from services.console.demo.client import ADMINISTRATOR, Api
from services.console.demo.edge import Senders
from services.console.demo.officers import Desk
from services.console.demo.plan import YEAR
from services.console.demo.reconcile import Check, Told
from services.console.demo.recount import Recount
from services.contracts.actor import Role

STATES = ("open", "closed", "final")


def listen(api: Api, senders: Senders) -> Told:
    """Ask everything that the recount is compared with."""
    days = f"from={YEAR}-01-01&to={YEAR}-12-31"
    rows = [
        row
        for state in STATES
        for row in api.get(ADMINISTRATOR, "store", f"/v1/quarantine?state={state}")
    ]
    return Told(
        captured=senders.captured,
        refused=senders.refused,
        tallies=api.get(Role.SCORER, "score", f"/v1/tallies?{days}"),
        scores=api.get(Role.SCORER, "score", f"/v1/scores/{YEAR}?index={reckon.INDEX}"),
        quarantined=Counter(row["reason"] for row in rows),
        closings=Counter(case["closing"] or case["state"] for case in Desk(api).cases()),
    )


def for_machines(
    found: Recount, refused: int, checks: Sequence[Check], seconds: Mapping[str, float]
) -> dict[str, Any]:
    """The figures of `demo.json`: all recounted, but for `refused`, which never came in."""
    book = reckon.open_book()
    rates = reckon.figures(found.region, book)
    index = reckon.index_of(found.region, book)
    spent = {name: round(value, 2) for name, value in seconds.items()}
    return {
        "captured": found.captured,
        "stored": found.stored,
        "duplicates": found.duplicates,
        "quarantined": {"total": found.quarantined.total(), **found.quarantined},
        "refused": refused,
        "bad": found.bad,
        "bad_valid": found.region.bad,
        "cases": dict(found.closings),
        "verdicts": dict(found.region.verdicts),
        "channels": dict(found.channels),
        "good_rate": f"{reckon.cut(Fraction(*rates['good_rate']))}%",
        "rates": {
            key: f"{numerator}/{denominator}" for key, (numerator, denominator) in rates.items()
        },
        "index": {
            "id": book.recipe["id"],
            "printed": reckon.cut(index, 1) if index is not None else None,
            "exact": str(index),
        },
        "seconds": {"total": round(sum(seconds.values()), 2), **spent},
        "reconciled": all(check.holds for check in checks),
        "checks": [check.plain() for check in checks],
    }
