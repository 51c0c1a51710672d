"""The work list over HTTP: what could not be stored is looked at, replayed or discarded."""

from werkzeug.wrappers import Request

from services.adapters.bus import Bus
from services.adapters.clock import Clock
from services.adapters.http import api, leading_on, read_json, read_query
from services.adapters.ledger import Record
from services.adapters.mongo import Db
from services.adapters.sealing import Sealer
from services.contracts.actor import Action, Actor
from services.store.forms import Asked, DiscardForm, Listed, Replayed, ReplayForm, Shown
from services.store.quarantine import Quarantine
from services.store.worklist import WorkList

ACCEPTED = 202


class Mending:
    """Lets people see to every row of the work list."""

    db: Db
    clock: Clock
    sealer: Sealer
    bus: Bus
    audit: Record

    @api("GET", "/v1/quarantine", Action.READ_QUARANTINE, asks=Asked, answers=list[Listed])
    def get_quarantine(
        self, request: Request, actor: Actor
    ) -> tuple[int, dict[str, str], list[Listed]]:
        """Rows of the work list, newest first; the header `Link` leads to the next page."""
        asked = read_query(request, Asked)
        rows, after = self._worklist().page(asked)
        return 200, leading_on(request, after), rows

    @api("GET", "/v1/quarantine/<path:key>", Action.READ_QUARANTINE, answers=Shown)
    def get_row(self, request: Request, actor: Actor, key: str) -> Shown:
        """A row with its history; who may mend it also sees the payload, masked."""
        return self._worklist().show(key, actor)

    @api(
        "POST",
        "/v1/quarantine:replay",
        Action.MEND_QUARANTINE,
        takes=ReplayForm,
        answers={ACCEPTED: Replayed},
    )
    def replay_all(self, request: Request, actor: Actor) -> tuple[int, Replayed]:
        """Send all open rows with a reason through the store again, after mending."""
        reason = read_json(request, ReplayForm).reason
        replayed = self._worklist().replay_all(reason, actor)
        said = {"state": "replaying", "reason": reason, "rows": replayed.replaying}
        self.audit.about("quarantine", reason).changed({"state": "open"}, said)
        return ACCEPTED, replayed

    @api(
        "POST",
        "/v1/quarantine/<path:key>:replay",
        Action.MEND_QUARANTINE,
        answers={ACCEPTED: Replayed},
    )
    def replay(self, request: Request, actor: Actor, key: str) -> tuple[int, Replayed]:
        """Send a row through the store again; only what the store says closes it."""
        replayed = self._worklist().replay(key, actor)
        self.audit.about("quarantine", key).changed({"state": "open"}, {"state": "replaying"})
        return ACCEPTED, replayed

    @api(
        "POST",
        "/v1/quarantine/<path:key>:discard",
        Action.MEND_QUARANTINE,
        takes=DiscardForm,
        answers=Shown,
    )
    def discard(self, request: Request, actor: Actor, key: str) -> Shown:
        """Close a row for good, by a named person with a reason; nothing is deleted."""
        worklist, form = self._worklist(), read_json(request, DiscardForm)
        worklist.discard(key, form.reason, actor)
        self.audit.about("quarantine", key).changed({"state": "open"}, {"state": "discarded"})
        return worklist.show(key, actor)

    def _worklist(self) -> WorkList:
        now = self.clock.now()
        return WorkList(Quarantine(self.db), self.sealer.open, self.bus.publish, now)
