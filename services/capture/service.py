"""The edge of Haoping: takes presses and errands, and says 202 only when the bus holds them."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from annotated_types import Len
from werkzeug.wrappers import Request

from services.adapters.bus import Bus, Publisher, packed
from services.adapters.clock import BusinessClock, Clock
from services.adapters.http import api, read_json
from services.adapters.ledger import LedgerKey
from services.adapters.rulebook import Rulebook, RulesInForce
from services.adapters.sealing import Sealer, Vault
from services.capture.batches import MAX_ITEMS, sort
from services.capture.edge import Edge
from services.capture.forms import ErrandForm, RatingForm
from services.contracts.actor import Action, Actor
from services.contracts.message import Message

ACCEPTED = 202
Batch = Annotated[list[Any], Len(1, MAX_ITEMS)]


class Capture:
    """HTTP in, bus out."""

    name = "capture"
    bus: Bus = Publisher()
    clock: Clock = BusinessClock()
    rules: RulesInForce = Rulebook()
    sealer: Sealer = Vault()
    key: bytes = LedgerKey()

    @api("POST", "/v1/ratings", Action.SUBMIT_RATING)
    def post_rating(self, request: Request, actor: Actor) -> tuple[int, dict[str, Any]]:
        """Take one press."""
        form, trace = read_json(request, RatingForm), str(uuid.uuid4())
        self._publish([self._edge(actor).rating(form, trace)], trace)
        return ACCEPTED, {"rating_id": str(form.rating_id), "status": "accepted", "trace": trace}

    @api("POST", "/v1/ratings:batch", Action.SUBMIT_RATING)
    def post_ratings(self, request: Request, actor: Actor) -> tuple[int, dict[str, Any]]:
        """Take a backlog of presses; each has its own result."""
        edge, trace = self._edge(actor), str(uuid.uuid4())
        items = read_json(request, Batch)
        sorting = sort(items, RatingForm, lambda form, at: edge.rating(form, f"{trace}/{at}"))
        self._publish(sorting.events, trace)
        return ACCEPTED, sorting.summary

    @api("POST", "/v1/errands", Action.REPORT_ERRAND)
    def post_errand(self, request: Request, actor: Actor) -> tuple[int, dict[str, Any]]:
        """Take the report that one errand reached a stage."""
        form, trace = read_json(request, ErrandForm), str(uuid.uuid4())
        self._publish([self._edge(actor).errand(form)], trace)
        return ACCEPTED, {"status": "accepted", "trace": trace}

    @api("POST", "/v1/errands:batch", Action.REPORT_ERRAND)
    def post_errands(self, request: Request, actor: Actor) -> tuple[int, dict[str, Any]]:
        """Take many reports of errands; each has its own result."""
        edge, items = self._edge(actor), read_json(request, Batch)
        sorting = sort(items, ErrandForm, lambda form, at: edge.errand(form))
        self._publish(sorting.events, str(uuid.uuid4()))
        return ACCEPTED, sorting.summary

    @api("GET", "/v1/time", None)
    def time(self, request: Request, actor: Actor) -> dict[str, datetime]:
        """Business and wall time, for a device that wants to know how wrong its clock is."""
        return {"now": self.clock.now(), "wall": datetime.now(UTC)}

    @api("GET", "/healthz", None)
    def healthz(self, request: Request, actor: Actor) -> dict[str, bool]:
        """The process lives."""
        return {"live": True}

    def _edge(self, actor: Actor) -> Edge:
        return Edge(actor, self.rules.current, self.clock.now(), self.sealer.seal, self.key)

    def _publish(self, events: Sequence[Message], trace: str) -> None:
        if events:
            self.bus.publish(*packed(events, trace))
