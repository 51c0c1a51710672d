"""Whether histories are whole, over HTTP; where they end is anchored daily."""

from datetime import UTC, datetime
from logging import getLogger
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Request

from services.adapters.anchors import Anchors
from services.adapters.http import api, read_query
from services.adapters.timer import every
from services.contracts.actor import Action, Actor
from services.contracts.anchors import Summary, Top
from services.rectify import desk
from services.rectify.anchoring import LEDGER, Examiner, Fault, anchor_all
from services.rectify.document import SLOTS
from services.rectify.wiring import Wired

LOOK_EVERY_S = 60.0
_log = getLogger(__name__)


class Part(BaseModel):
    """Which part of all cases to examine, from 0.

    `number` and `seal` are of its anchor in a summary that was kept outside the database.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    part: Annotated[int, Field(ge=0, lt=SLOTS)] = 0
    number: Annotated[int, Field(ge=1)] | None = None
    seal: str | None = None

    @property
    def top(self) -> Top | None:
        """The anchor that the part must have."""
        if self.number is None or self.seal is None:
            return None
        return Top(part=str(self.part), number=self.number, seal=self.seal)


class Broken(BaseModel):
    """A case whose history is not whole, or anchors that are not, and what is wrong."""

    id: str
    fault: str


class Examined(BaseModel):
    """How many histories were examined, which are not whole, and the next part; null: the last."""

    examined: int
    broken: list[Broken]
    next: int | None


class Verifying(Wired):
    """Examines histories, and anchors where they end."""

    @api("GET", "/v1/cases:verify", Action.READ_CASES, asks=Part, answers=Examined)
    def verify_cases(self, request: Request, actor: Actor) -> Examined:
        """Examine the histories of a part of the cases in the actor's scope, and its anchors."""
        asked = read_query(request, Part)
        examined, found = self._examiner(actor).part(asked.part, asked.top)
        following = asked.part + 1 if asked.part + 1 < SLOTS else None
        return Examined(examined=examined, broken=_told(found), next=following)

    @api("GET", "/v1/cases/<string:id>/verify", Action.READ_CASES, answers=Examined)
    def verify_case(self, request: Request, actor: Actor, id: str) -> Examined:
        """Examine the history of one case."""
        desk.visible(self._cases(), actor, id)
        return Examined(examined=1, broken=_told(self._examiner(actor).one(id)), next=None)

    @api("GET", "/v1/cases:anchors", Action.READ_CASES, answers=Summary)
    def get_anchors(self, request: Request, actor: Actor) -> Summary:
        """The newest day's summary of the anchors, to be kept outside the database."""
        return self._anchors().newest()

    @every(LOOK_EVERY_S)
    def anchor_histories(self) -> None:
        """Once a day, by the wall clock, anchor where histories end; the log has the seal."""
        day, anchors = self._office().calendar.local(datetime.now(UTC)), self._anchors()
        if not anchors.has_ended(day):
            made = anchor_all(anchors, self._cases(), day)
            _log.info("histories up to %s are anchored under %s", day, made.seal)

    def _anchors(self) -> Anchors:
        return Anchors(self.db, self.key, LEDGER)

    def _examiner(self, actor: Actor) -> Examiner:
        return Examiner(self.key, self._cases(), self._anchors(), actor.scope)


def _told(faults: list[Fault]) -> list[Broken]:
    return [Broken(id=id, fault=wrong) for id, wrong in faults]
