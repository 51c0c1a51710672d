"""Keeps every press once, and hands the bad ones on."""

from collections.abc import Sequence
from typing import Any

from werkzeug.wrappers import Request

from services.adapters.bus import Delivery, Letter, consume, consume_letters
from services.adapters.clock import BusinessClock, Clock
from services.adapters.http import api
from services.adapters.mongo import Db, MongoDatabase
from services.adapters.outbox import Outbox
from services.adapters.outcome import Done, Outcome
from services.adapters.registry import Registry, RegistryCache
from services.adapters.rulebook import Rulebook, RulesInForce
from services.adapters.sealing import Sealer, Vault
from services.contracts import topology
from services.contracts.actor import Action, Actor
from services.contracts.commands import InvalidateRating
from services.contracts.events import ErrandReported, RatingSubmitted
from services.store.batch import Storing
from services.store.intake import Intake, errand_document
from services.store.invalidation import invalidate
from services.store.letters import rows_of
from services.store.quarantine import OPEN, Quarantine
from services.store.repository import INDEXES, Ratings


class Store:
    """Bus in, database out, and an outbox for what must follow."""

    name = "store"
    db: Db = MongoDatabase(INDEXES)
    clock: Clock = BusinessClock()
    rules: RulesInForce = Rulebook()
    registry: RegistryCache = Registry()
    sealer: Sealer = Vault()
    outbox: Outbox = Outbox("ratings")

    @consume(topology.STORE_RATINGS, size=1000, within_ms=40)
    def store_ratings(self, deliveries: Sequence[Delivery[RatingSubmitted]]) -> list[Outcome]:
        """Store a batch of presses."""
        presses = [delivery.message for delivery in deliveries]
        outcomes = self._storing(presses).store(presses)
        self.outbox.wake()
        return outcomes

    @consume(topology.STORE_ERRANDS, size=1000, within_ms=40)
    def store_errands(self, deliveries: Sequence[Delivery[ErrandReported]]) -> list[Outcome]:
        """Store a batch of errands."""
        now, rules = self.clock.now(), self.rules.current
        documents = [errand_document(each.message, rules, now) for each in deliveries]
        Ratings(self.db).insert_errands(documents)
        return [Done()] * len(deliveries)

    @consume(topology.STORE_COMMANDS, size=50, within_ms=10)
    def obey(self, deliveries: Sequence[Delivery[InvalidateRating]]) -> list[Outcome]:
        """Mark ratings invalid."""
        ratings, now = Ratings(self.db), self.clock.now()
        outcomes = [invalidate(delivery.message, ratings, now) for delivery in deliveries]
        self.outbox.wake()
        return outcomes

    @consume_letters(topology.DEAD_LETTERS)
    def bury(self, letters: Sequence[Letter]) -> list[Outcome]:
        """File dead letters into the quarantine."""
        rows = [row for letter in letters for row in rows_of(letter, self._seal_text)]
        Quarantine(self.db).file(rows, self.clock.now())
        return [Done()] * len(letters)

    @api("GET", "/v1/quarantine", Action.READ_QUARANTINE)
    def get_quarantine(self, request: Request, actor: Actor) -> list[dict[str, Any]]:
        """The newest rows in a state (open unless `state` says otherwise), without payloads."""
        return Quarantine(self.db).listed(request.args.get("state", OPEN))

    @api("GET", "/healthz", None)
    def healthz(self, request: Request, actor: Actor) -> dict[str, bool]:
        """The process lives."""
        return {"live": True}

    def _storing(self, presses: Sequence[RatingSubmitted]) -> Storing:
        ratings = Ratings(self.db)
        units = ratings.errand_units({press.errand_key for press in presses if press.linked})
        intake = Intake(self.registry.current, self.rules.current, self.clock.now(), units)
        return Storing(ratings, Quarantine(self.db), intake, self._seal_press)

    def _seal_press(self, press: RatingSubmitted) -> bytes:
        return self._seal_text(press.model_dump_json())

    def _seal_text(self, text: str) -> bytes:
        return self.sealer.seal({"text": text})
