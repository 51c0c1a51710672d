"""Where a rating is, for its sender: what it may forget, and what it must keep."""

from __future__ import annotations

from services.adapters.mongo import Document
from services.store.forms import Whereabouts
from services.store.quarantine import Quarantine
from services.store.repository import Ratings

STORED = "It is stored; you may forget it."
QUARANTINED = "It is kept for a person to look at; you may forget it."
PASSED = "The probe came through; a press like it would have been stored."
NOT_SEEN_YET = "It has not come here yet: keep it in your outbox, and send it again."


def whereabouts(rating_id: str, by: str, ratings: Ratings, quarantine: Quarantine) -> Whereabouts:
    """What became of a rating that `by` sent; those of others are as good as not seen."""
    if rating := ratings.sent_as(rating_id, by):
        return Whereabouts(
            rating_id=rating_id, status="stored", detail=STORED, stored_at=rating["stored_at"]
        )
    row = quarantine.get(rating_id)
    if row is None or row.get("submitted_by") != by:
        return _of_probe(rating_id, ratings.probe_sent_as(rating_id, by))
    return Whereabouts(
        rating_id=rating_id,
        status="quarantined",
        detail=f"{QUARANTINED} {row['detail']}",
        reason=row["reason"],
        state=row["state"],
    )


def _of_probe(rating_id: str, probe: Document | None) -> Whereabouts:
    if probe is None:
        return Whereabouts(rating_id=rating_id, status="not_seen_yet", detail=NOT_SEEN_YET)
    if probe["refused"]:
        return Whereabouts(rating_id=rating_id, status="probe_refused", detail=probe["refused"])
    return Whereabouts(rating_id=rating_id, status="probe_passed", detail=PASSED)
