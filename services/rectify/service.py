"""Opens a case for every bad rating and sees it through to its end."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request

from services.adapters.bus import Delivery, consume
from services.adapters.health import Healthy
from services.adapters.http import api, read_json
from services.adapters.outcome import Outcome
from services.adapters.telemetry import Figure, Look
from services.adapters.timer import every
from services.contracts import topology
from services.contracts.actor import Action, Actor
from services.contracts.message import Message
from services.rectify import desk, hearing, views
from services.rectify.accusing import Accusing
from services.rectify.erasing import Erasing
from services.rectify.facts import Command
from services.rectify.filing import Filing
from services.rectify.lists import Lists
from services.rectify.lookingup import LookingUp
from services.rectify.notifying import Notifying
from services.rectify.opening import Report
from services.rectify.overview import Overview
from services.rectify.receiving import Receiving
from services.rectify.revealing import Revealing
from services.rectify.statements import Statements
from services.rectify.verifying import Verifying

CREATED = 201
SWEEP_EVERY_S, DISPATCH_EVERY_S = 1.0, 5.0


class Rectify(
    Accusing,
    Erasing,
    Receiving,
    Filing,
    Healthy,
    Lists,
    LookingUp,
    Notifying,
    Overview,
    Revealing,
    Statements,
    Verifying,
):
    """Hears of bad ratings, answers officers, and watches the deadlines."""

    name = "rectify"

    @consume(topology.RECTIFY_RATINGS, size=50, within_ms=20)
    def hear(self, deliveries: Sequence[Delivery[Message]]) -> list[Outcome]:
        """React to what the store has said."""
        cases, office = self._cases(), self._office()
        outcomes = [hearing.hear(cases, office, delivery.message) for delivery in deliveries]
        self.outbox.wake()
        return outcomes

    @every(DISPATCH_EVERY_S)
    def dispatch(self) -> None:
        """Dispatch what no unit could handle before the registry changed."""
        if hearing.dispatch_waiting(self._cases(), self._office()):
            self.outbox.wake()

    @every(SWEEP_EVERY_S)
    def sweep(self) -> None:
        """Record the rungs that have come."""
        if desk.escalate_due(self._cases(), self._office()):
            self.outbox.wake()

    def _looks(self) -> Mapping[str, Look]:
        return {**super()._looks(), "cases": self._standing}

    def _standing(self) -> Iterator[Figure]:
        """How the cases stand."""
        opened, overdue = self._cases().standing(self.clock.now())
        yield Figure("haoping_cases_open", opened)
        yield Figure("haoping_cases_overdue", overdue)

    @api("POST", "/v1/cases", Action.OPEN_CASE)
    def post_case(self, request: Request, actor: Actor) -> tuple[int, dict[str, str]]:
        """Open a case for another source than a rating."""
        report = read_json(request, Report)
        id = desk.open_report(self._cases(), self._office(), actor, report)
        self.audit.about("case", id, report.unit).changed({}, {"source": report.source.value})
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
        command, cases = read_json(request, Command), self._cases()
        after = desk.make_move(cases, self._office(), actor, id, command).case
        values = {"move": command.move.value, "version": after.version, "state": after.state.value}
        before = {"version": command.expected_version}
        self.audit.about("case", id, after.unit).changed(before, values)
        self.outbox.wake()
        return self._detail(actor, id)

    def _detail(self, actor: Actor, id: str) -> dict[str, Any]:
        cases = self._cases()
        before = desk.visible(cases, actor, id)
        told = self._identities().told(before.case.rater_key)
        return views.detail(cases.shown(id), before, actor, self._office(), told)
