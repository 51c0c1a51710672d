"""What the watch looks at: counts by channel and hour, and when devices were last heard of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from services.adapters.devices import COLLECTION as KEYRINGS
from services.adapters.devices import HEARTBEATS
from services.adapters.mongo import Db, Document
from services.contracts.calendar import DAY, calendar_of
from services.contracts.directory import Device, Directory
from services.contracts.rules import Rules
from services.store.counting import Counting
from services.store.forms import Watched
from services.store.pace import DAYS, Count
from services.store.silence import Sight, silence
from services.store.watch import watch


@dataclass(frozen=True)
class Watching:
    """The collaborators of one look."""

    db: Db
    directory: Directory
    rules: Rules
    now: datetime

    def look(self) -> Watched:
        """Everything that is too quiet now."""
        return watch(self._counts(), list(self._sights()), self.now, self.rules)

    def _counts(self) -> Iterator[Count]:
        calendar = calendar_of(self.rules.region)
        today = calendar.local(self.now)
        days = [today - back * DAY for back in range(DAYS)]
        return Counting(self.db, calendar, self.now).of(days)

    def _sights(self) -> Iterator[Sight]:
        """Every device that is in service and has a key."""
        enrolled = [
            device
            for each in self.db[KEYRINGS].find({"epoch": {"$gte": 1}}, {"epoch": 1, "keys": 1})
            if (device := self._in_service(each)) is not None
        ]
        said = _newest(self.db[HEARTBEATS].find({}, {"_id": 0}))
        for device in enrolled:
            sight = _sight(device, said.get(device.id, {}))
            yield self._with_presses(sight) if silence(sight, self.now, self.rules) else sight

    def _in_service(self, ring: Document) -> Device | None:
        device = self.directory.device.get(ring["_id"])
        return device if device and device.active(self.now) and ring["keys"] else None

    def _with_presses(self, sight: Sight) -> Sight:
        """A device that sends no heartbeats may still be seen by its newest press."""
        of_device = {"numbered.device": sight.device.id}
        newest = [("numbered.epoch", -1), ("numbered.sequence", -1)]
        rating = self.db["ratings"].find_one(of_device, {"received_at": 1}, sort=newest)
        heard = [at for at in (sight.heard, rating and rating["received_at"]) if at]
        return Sight(sight.device, max(heard, default=None), sight.depths, sight.refused)


def _newest(heartbeats: Iterable[Document]) -> dict[str, Document]:
    """The last word of each device, in its newest epoch."""
    found: dict[str, Document] = {}
    for each in heartbeats:
        if each["epoch"] >= found.get(each["device"], each)["epoch"]:
            found[each["device"]] = each
    return found


def _sight(device: Device, said: Document) -> Sight:
    return Sight(device, said.get("seen_at"), tuple(said.get("depths", ())), said.get("refused", 0))
