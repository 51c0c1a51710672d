"""Who the rater is: masked for whoever sees the case, told for a reason and a while, recorded."""

from __future__ import annotations

from datetime import UTC, datetime

from werkzeug.wrappers import Request

from services.adapters.http import api, read_json
from services.adapters.openapi import Problem
from services.adapters.privacy import PrivacyPolicy
from services.adapters.sealing import Sealer, Vault
from services.contracts.actor import Action, Actor
from services.contracts.privacy import Privacy
from services.errors import Gone, NotAllowed, NotFound, Refused
from services.rectify import desk, parties
from services.rectify.case import move
from services.rectify.decision import Act, Office
from services.rectify.document import Kept
from services.rectify.facts import Command, Move
from services.rectify.grants import Grant, Grants
from services.rectify.identities import Identities
from services.rectify.raterviews import RaterShown, Revealed, RevealForm, masked, revealed
from services.rectify.repository import Cases
from services.rectify.wiring import Wired

OVER = "The time for this look is over; ask again with a new command_id and a reason"
RATED = "The rating was about you or your window; who gave it is kept from you"


class Revealing(Wired):
    """Keeps the rater's own data from whoever need not know them."""

    sealer: Sealer = Vault()
    privacy: Privacy = PrivacyPolicy()

    @api("GET", "/v1/cases/<string:id>/rater", Action.READ_CASES, answers=RaterShown)
    def get_rater(self, request: Request, actor: Actor, id: str) -> RaterShown:
        """The rater, masked, and what they wrote; not for the rated and their window."""
        before, office = desk.visible(self._cases(), actor, id), self._office()
        demand_not_rated(actor, before, office)
        rating, append = self._identities().about(before.case.rater_key)
        return masked(rating, append, may_reveal(actor, before, office))

    @api(
        "POST",
        "/v1/cases/<string:id>/reveal",
        Action.REVEAL_RATER,
        takes=RevealForm,
        answers={200: Revealed, 410: Problem},
    )
    def post_reveal(self, request: Request, actor: Actor, id: str) -> Revealed:
        """Who the rater is, for a while; recorded with the reason before it is told.

        The same command is answered again until `expires_at`, as long as the actor still may.
        """
        form, office, wall = read_json(request, RevealForm), self._office(), datetime.now(UTC)
        kept = record(self._cases(), office, actor, id, form)
        self.outbox.wake()
        self.audit.about("case", id, kept.case.unit).changed({}, {"reveal": form.command_id})
        until = looked(Grants(self.db), kept, office, actor, form, wall, self.privacy)
        rating, append = self._identities().about(kept.case.rater_key)
        if rating is None:
            raise NotFound
        return revealed(rating, append, until)

    def _identities(self) -> Identities:
        return Identities(self.db, self.sealer.open)


def demand_not_rated(actor: Actor, before: Kept, office: Office) -> None:
    """Raise NotAllowed for whoever the rating was about, and whoever sits at that window."""
    if not parties.is_free(actor, before.case, office.directory):
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
    """Record who asks and why, once for each command; the case as it was found.

    Raises NotAllowed or Conflict for who may not know the rater, or may no longer.
    """
    while True:
        before = desk.visible(cases, actor, id)
        act = asking(actor, before, office, form)
        step = move(act)
        if before.has_made(act.command) or cases.save(before, step, act.command):
            return before


def looked(
    grants: Grants,
    kept: Kept,
    office: Office,
    actor: Actor,
    form: RevealForm,
    wall: datetime,
    privacy: Privacy,
) -> datetime:
    """Count a look under the grant; returns when that ends. Raises Gone when it has ended."""
    asked = Grant(
        id=f"{kept.case.id}/{actor.id}/{form.command_id}",
        kind="reveal",
        by=actor.id,
        at=office.now,
        day=office.calendar.local(office.now).isoformat(),
        units=kept.case.seen_from,
        cases=(kept.case.id,),
        reason=form.reason,
        until=wall + privacy.lasts,
    )
    until = grants.look(asked).until
    if until is None or until <= wall:
        raise Gone(OVER)
    return until
