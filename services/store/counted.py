"""Every query about the presses that devices counted, for the gaps and repeats between them."""

from __future__ import annotations

from services.adapters.devices import HEARTBEATS
from services.adapters.mongo import Db, Document, by_ids
from services.contracts.sequence import rating_id
from services.store.quarantine import CLOSED, LEFT
from services.store.sequences import DeviceReport, Heartbeat, Kept, Waiting, numbers, report

MOST_SOUGHT = 2000
FORGED = "forged"


class Counted:
    """What is kept of the presses that devices counted."""

    def __init__(self, db: Db) -> None:
        self._ratings, self._rows = db["ratings"], db["quarantine"]
        self._heartbeats = db[HEARTBEATS]

    def report(self, device: str, current_epoch: int) -> DeviceReport:
        """Gaps and repeats of a device, epoch by epoch."""
        of_device = {"numbered.device": device}
        shown = {"_id": 0, "numbered": 1, "repeats": 1, "reason": 1, "state": 1}
        kept = [_kept(each) for each in self._ratings.find(of_device, shown)]
        rows = self._rows.find({**of_device, "state": {"$ne": CLOSED}}, shown)
        heard = self._heartbeats.find({"device": device}, {"_id": 0})
        heartbeats = [Heartbeat.model_validate(each) for each in heard]
        waiting = [_waiting(each) for each in rows]
        found = report(device, current_epoch, kept, waiting, heartbeats)
        waiting += self._refused_unread(found)
        return report(device, current_epoch, kept, waiting, heartbeats)

    def _refused_unread(self, found: DeviceReport) -> list[Waiting]:
        """Rows of presses that nobody could read, for what is missing: found by the rating id.

        Looks for the first `MOST_SOUGHT` of an epoch; what somebody forged stands for no press.
        """
        sought = {
            str(rating_id(found.device, each.epoch, number)): (each.epoch, number)
            for each in found.epochs
            for number in numbers(each.missing, MOST_SOUGHT)
        }
        rows = by_ids(self._rows, sought, {"reason": 1, "state": 1})
        return [
            Waiting(*sought[row["_id"]], row["reason"], row["state"] in LEFT)
            for row in rows
            if row["state"] != CLOSED and row["reason"] != FORGED
        ]


def _kept(rating: Document) -> Kept:
    number = rating["numbered"]
    return Kept(number["epoch"], number["sequence"], len(rating.get("repeats", ())))


def _waiting(row: Document) -> Waiting:
    number = row["numbered"]
    return Waiting(number["epoch"], number["sequence"], row["reason"], row["state"] in LEFT)
