"""Data keys over HTTP: which there are, a new one, another master key, everything sealed anew."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel
from werkzeug.wrappers import Request

from services.adapters.clock import SystemClock
from services.adapters.http import api
from services.adapters.ledger import Record
from services.adapters.mongo import Db
from services.adapters.openapi import Problem
from services.adapters.sealing import DataKey, Progress, Resealing, Sealer
from services.adapters.timer import every
from services.contracts.actor import Action, Actor

ACCEPTED = 202
LOOK_EVERY_S, STEPS = 2.0, 5


class KeyShown(DataKey):
    """A data key; `state`: whether it seals what comes in, or only opens what it sealed."""

    state: Literal["newest", "former"]


class Keys(BaseModel):
    """The data keys, the newest last, and the pass that seals anew: going on, or the last one."""

    keys: list[KeyShown]
    resealing: Progress | None


class Rewrapped(BaseModel):
    """What every data key is wrapped with now."""

    wrapped_by: str
    at: AwareDatetime


class KeyKeeping:
    """Lets administrators change keys while everything goes on."""

    db: Db
    sealer: Sealer
    audit: Record

    @every(LOOK_EVERY_S)
    def reseal_a_little(self) -> None:
        """Go on with a pass, a few hundred documents at a time."""
        passing = Resealing(self.db, self.sealer)
        for _ in range(STEPS):
            if not passing.step(SystemClock().now()):
                return

    @api("GET", "/v1/keys", Action.MANAGE_KEYS, answers=Keys)
    def get_keys(self, request: Request, actor: Actor) -> Keys:
        """Every data key, and how far everything has been sealed anew with the newest."""
        return self._keys()

    @api("POST", "/v1/keys:rotate", Action.MANAGE_KEYS, answers={ACCEPTED: Keys})
    def rotate_key(self, request: Request, actor: Actor) -> tuple[int, Keys]:
        """Make a new data key; within seconds every running process seals with it."""
        before, key = self.sealer.newest.generation, self.sealer.rotate()
        self._told(key.generation, {"newest": before}, {"newest": key.generation})
        return ACCEPTED, self._keys()

    @api("POST", "/v1/keys:rewrap", Action.MANAGE_KEYS, answers=Rewrapped)
    def rewrap_keys(self, request: Request, actor: Actor) -> Rewrapped:
        """Wrap every data key with the master key of this service, which has to know the former."""
        before = sorted({each.wrapped_by for each in self.sealer.keys.all()})
        wrapped_by = self.sealer.rewrap()
        self._told("all", {"wrapped_by": before}, {"wrapped_by": [wrapped_by]})
        return Rewrapped(wrapped_by=wrapped_by, at=SystemClock().now())

    @api("POST", "/v1/keys:reseal", Action.MANAGE_KEYS, answers={ACCEPTED: Progress})
    def reseal(self, request: Request, actor: Actor) -> tuple[int, Progress]:
        """Begin to seal everything anew with the newest data key; it goes on by itself."""
        begun = Resealing(self.db, self.sealer).begin(SystemClock().now())
        self._told(begun.generation, {}, {"resealing": "begun"})
        return ACCEPTED, begun

    @api(
        "POST",
        "/v1/keys/<int:generation>:retire",
        Action.MANAGE_KEYS,
        answers={200: Keys, 409: Problem},
    )
    def retire_key(self, request: Request, actor: Actor, generation: int) -> Keys:
        """Destroy a data key that nothing is sealed with any more."""
        Resealing(self.db, self.sealer).retire(generation, SystemClock().now())
        self._told(generation, {"state": "former"}, {"state": "destroyed"})
        return self._keys()

    def _told(self, key: int | str, before: dict[str, Any], after: dict[str, Any]) -> None:
        self.audit.about("data_key", str(key)).changed(before, after)

    def _keys(self) -> Keys:
        known = self.sealer.keys.all()
        shown = [
            KeyShown(**each.model_dump(), state="newest" if each is known[-1] else "former")
            for each in known
        ]
        return Keys(keys=shown, resealing=Resealing(self.db, self.sealer).progress())
