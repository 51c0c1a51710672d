"""Who the rater is: masked for whoever sees the case, told once for a reason, and recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from werkzeug.wrappers import Request

from services.adapters.http import api, read_json
from services.adapters.openapi import Problem
from services.adapters.sealing import Sealer, Vault
from services.contracts.actor import Action, Actor
from services.errors import Gone, NotAllowed, NotFound, Refused
from services.rectify import desk, parties
from services.rectify.case import move
from services.rectify.document import Kept
from services.rectify.facts import Act, Command, Move, Office
from services.rectify.identities import Identities
from services.rectify.raterviews import RaterShown, Revealed, RevealForm, masked, revealed
from services.rectify.repository import Cases
from services.rectify.wiring import Wired

LASTS = timedelta(seconds=60)
ONCE = "This was shown once; ask again with a new command_id and a reason"
RATED = "The rating was about you or your window; who gave it is kept from you"


class Revealing(Wired):
    """Keeps the rater's own data from whoever need not know them."""

    sealer: Sealer = Vault()

    @api("GET", "/v1/cases/<string:id>/rater", Action.READ_CASES, answers=RaterShown)
    def get_rater(self, request: Request, actor: Actor, id: str) -> RaterShown:
        """The rater, masked, and what they wrote; not for the rated and their window."""
        before, office = desk.visible(self._cases(), actor, id), self._office()
        demand_not_rated(actor, before, office)
        rating, append = self._identities().about(before.case.rating_key)
        return masked(rating, append, may_reveal(actor, before, office))

    @api(
        "POST",
        "/v1/cases/<string:id>/reveal",
        Action.REVEAL_RATER,
        takes=RevealForm,
        answers={200: Revealed, 410: Problem},
    )
    def post_reveal(self, request: Request, actor: Actor, id: str) -> Revealed:
        """Who the rater is, once, for a minute; recorded with the reason before it is told."""
        form = read_json(request, RevealForm)
        kept = record(self._cases(), self._office(), actor, id, form)
        self.outbox.wake()
        rating, append = self._identities().about(kept.case.rating_key)
        if rating is None:
            raise NotFound
        return revealed(rating, append, datetime.now(UTC) + LASTS)

    def _identities(self) -> Identities:
        return Identities(self.db, self.sealer.open)


def demand_not_rated(actor: Actor, before: Kept, office: Office) -> None:
    """Raise NotAllowed for whoever the rating was about, and whoever sits at that window."""
    person = parties.principal(office.directory, actor.id)
    if person is None or parties.is_rated(person, before.case):
        raise NotAllowed(RATED)


def may_reveal(actor: Actor, before: Kept, office: Office) -> bool:
    """Whether the table of moves lets the actor know who the rater is."""
    try:
        move(asking(actor, before, office, RevealForm(command_id="may", reason="may")))
    except Refused:
        return False
    return True


def asking(actor: Actor, before: Kept, office: Office, form: RevealForm) -> Act:
    """The act of asking, on the case as it is by now: nothing on it is decided anew."""
    command = Command(
        command_id=form.command_id,
        move=Move.REVEAL,
        expected_version=before.case.version,
        reason=form.reason,
    )
    own = command.model_copy(update={"command_id": f"{actor.id}/{form.command_id}"})
    return Act(before.case, actor, office, own, revealing=True)


def record(cases: Cases, office: Office, actor: Actor, id: str, form: RevealForm) -> Kept:
    """Record who asks and why; the case after it. Raises Gone when this was answered before."""
    while True:
        before = desk.visible(cases, actor, id)
        act = asking(actor, before, office, form)
        if before.has_made(act.command):
            raise Gone(ONCE)
        if cases.save(before, move(act), act.command):
            return before
