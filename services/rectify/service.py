"""Opens a case for every bad rating and sees it through to its end."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from werkzeug.wrappers import Request

from services.adapters.bus import Delivery, consume
from services.adapters.clock import BusinessClock, Clock
from services.adapters.http import api, read_json, refusal
from services.adapters.ledger import LedgerKey
from services.adapters.mongo import Db, MongoDatabase
from services.adapters.outbox import Outbox
from services.adapters.outcome import Outcome
from services.adapters.registry import Registry, RegistryCache
from services.adapters.rulebook import Rulebook, RulesInForce
from services.adapters.timer import every
from services.contracts import topology
from services.contracts.actor import Action, Actor
from services.contracts.message import Message
from services.rectify import desk, views
from services.rectify.facts import Command, Office
from services.rectify.opening import Report
from services.rectify.repository import CASES, INDEXES, Cases

CREATED = 201
SWEEP_EVERY_S = 1.0


class Rectify:
    """Hears of bad ratings, answers officers, and watches the deadlines."""

    name = "rectify"
    db: Db = MongoDatabase(INDEXES)
    clock: Clock = BusinessClock()
    rules: RulesInForce = Rulebook()
    registry: RegistryCache = Registry()
    key: bytes = LedgerKey()
    outbox: Outbox = Outbox(CASES)

    @consume(topology.RECTIFY_RATINGS, size=50, within_ms=20)
    def hear(self, deliveries: Sequence[Delivery[Message]]) -> list[Outcome]:
        """React to what the store has said."""
        cases, office = self._cases(), self._office()
        outcomes = [desk.hear(cases, office, delivery.message) for delivery in deliveries]
        self.outbox.wake()
        return outcomes

    @every(SWEEP_EVERY_S)
    def sweep(self) -> None:
        """Record the rungs that have come."""
        if desk.escalate_due(self._cases(), self._office()):
            self.outbox.wake()

    @api("GET", "/v1/cases", Action.READ_CASES)
    def get_cases(self, request: Request, actor: Actor) -> dict[str, Any]:
        """One page of the cases in the actor's scope, what is due first on top."""
        try:
            asked = views.Asked.model_validate(request.args.to_dict())
        except ValidationError as error:
            raise refusal(error) from None
        found = self._cases().page(asked.query(actor, self.clock.now()))
        return views.page(found, asked.limit)

    @api("POST", "/v1/cases", Action.MOVE_CASE)
    def post_case(self, request: Request, actor: Actor) -> tuple[int, dict[str, str]]:
        """Open a case for another source than a rating."""
        report = read_json(request, Report)
        id = desk.open_report(self._cases(), self._office(), actor, report)
        self.outbox.wake()
        return CREATED, {"id": id}

    @api("GET", "/v1/cases:unopened", Action.READ_CASES)
    def get_unopened(self, request: Request, actor: Actor) -> list[dict[str, Any]]:
        """How many bad ratings have no case, and why."""
        return self._cases().unopened(actor.scope)

    @api("GET", "/v1/cases/<string:id>", Action.READ_CASES)
    def get_case(self, request: Request, actor: Actor, id: str) -> dict[str, Any]:
        """One case, its history, and what the actor can do now."""
        return self._detail(actor, id)

    @api("GET", "/v1/cases/<string:id>/deadline", Action.READ_CASES)
    def get_deadline(self, request: Request, actor: Actor, id: str) -> dict[str, Any]:
        """The deadlines of a case, day by day."""
        return views.explained(desk.visible(self._cases(), actor, id), self._office())

    @api("POST", "/v1/cases/<string:id>/moves", Action.MOVE_CASE)
    def post_move(self, request: Request, actor: Actor, id: str) -> dict[str, Any]:
        """Make one move; the same command sent again changes nothing."""
        command = read_json(request, Command)
        desk.make_move(self._cases(), self._office(), actor, id, command)
        self.outbox.wake()
        return self._detail(actor, id)

    @api("GET", "/healthz", None)
    def healthz(self, request: Request, actor: Actor) -> dict[str, bool]:
        """The process lives."""
        return {"live": True}

    def _office(self) -> Office:
        return Office(self.rules.current, self.registry.current, self.clock.now())

    def _cases(self) -> Cases:
        return Cases(self.db, self.key, self.rules.current)

    def _detail(self, actor: Actor, id: str) -> dict[str, Any]:
        cases = self._cases()
        before = desk.visible(cases, actor, id)
        return views.detail(cases.shown(id), before, actor, self._office())
