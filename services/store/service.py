"""Keeps every press once, and hands the bad ones on."""

import time
from collections.abc import Iterator, Mapping, Sequence

from werkzeug.wrappers import Request

from services.adapters.bus import Bus, Delivery, Letter, Publisher, consume, consume_letters
from services.adapters.clock import BusinessClock, Clock
from services.adapters.devices import DeviceKeys, Devices
from services.adapters.health import Healthy, Servers
from services.adapters.http import api, read_query
from services.adapters.ledger import Audited, Record
from services.adapters.migrating import Migrations
from services.adapters.mongo import Db, MongoDatabase
from services.adapters.outbox import Outbox
from services.adapters.outcome import Done, Outcome
from services.adapters.patience import Rest
from services.adapters.privacy import PrivacyPolicy
from services.adapters.recent import Recent, Recently
from services.adapters.registry import Registry, RegistryCache
from services.adapters.rulebook import Rulebook, RulesInForce
from services.adapters.sealing import Sealer, Vault
from services.adapters.telemetry import Figure, Look
from services.adapters.timer import every
from services.contracts import topology
from services.contracts.actor import Action, Actor
from services.contracts.commands import EraseRater
from services.contracts.events import ErrandReported, RatingSubmitted
from services.contracts.message import Message
from services.contracts.privacy import Privacy
from services.contracts.sequence import plain_id
from services.store import erasing
from services.store.batch import Storing
from services.store.counted import Counted
from services.store.decisions import Decision, decide
from services.store.forms import Looked, Watched, Whereabouts
from services.store.intake import Intake
from services.store.joining import Joining
from services.store.keykeeping import KeyKeeping
from services.store.letters import rows_of
from services.store.marking import Sightings, Sweep
from services.store.mending import Mending
from services.store.migrations import MIGRATIONS
from services.store.quarantine import Quarantine
from services.store.reported import Errands
from services.store.reporting import Reporting
from services.store.repository import INDEXES, Ratings
from services.store.sequences import DeviceReport
from services.store.watching import Watching
from services.store.whereabouts import whereabouts
from services.store.worklist import concluded

SWEEP_EVERY_S, REST_PER_SWEEP, ERASE_EVERY_S = 5.0, 50.0, 30.0


class Store(Mending, KeyKeeping, Healthy):
    """Bus in, database out, and an outbox for what must follow."""

    name = "store"
    rest = Rest(REST_PER_SWEEP)
    db: Db = MongoDatabase(INDEXES)
    clock: Clock = BusinessClock()
    rules: RulesInForce = Rulebook()
    registry: RegistryCache = Registry()
    sealer: Sealer = Vault()
    bus: Bus = Publisher()
    devices: DeviceKeys = Devices()
    outbox: Outbox = Outbox("ratings")
    recent: Recently = Recent()
    privacy: Privacy = PrivacyPolicy()
    audit: Record = Audited()
    servers: Servers = Servers(broker=True)
    migrations = Migrations(MIGRATIONS)

    @consume(topology.STORE_RATINGS, size=1000, within_ms=40, prefetch=2000, channels=2)
    @consume(topology.STORE_BACKLOG, size=1000, within_ms=40, prefetch=12)
    def store_ratings(self, deliveries: Sequence[Delivery[RatingSubmitted]]) -> list[Outcome]:
        """Store a batch of presses."""
        presses = [delivery.message for delivery in deliveries]
        outcomes = self._storing(presses).store(presses)
        self.outbox.wake()
        return outcomes

    @consume(topology.STORE_ERRANDS, size=1000, within_ms=40)
    def store_errands(self, deliveries: Sequence[Delivery[ErrandReported]]) -> list[Outcome]:
        """Store a batch of errands, and join them with the ratings about them."""
        joining = Joining(Ratings(self.db), self.rules.current, self.clock.now())
        reporting = Reporting(Errands(self.db), joining, self.registry.newest)
        outcomes = reporting.store([delivery.message for delivery in deliveries])
        self.outbox.wake()
        return self._concluded(deliveries, outcomes)

    @consume(topology.STORE_COMMANDS, size=50, within_ms=10)
    def obey(self, deliveries: Sequence[Delivery[Decision | EraseRater]]) -> list[Outcome]:
        """Carry out decisions on ratings, and erasures."""
        ratings, now = Ratings(self.db), self.clock.now()
        outcomes = [
            erasing.obey(each.message, self.db, now)
            if isinstance(each.message, EraseRater)
            else decide(each.message, ratings, now)
            for each in deliveries
        ]
        self.outbox.wake()
        return self._concluded(deliveries, outcomes)

    @every(SWEEP_EVERY_S)
    def sweep(self) -> None:
        """Mark what stands out among the presses around it."""
        if self.rest.over(start := time.monotonic()):
            Sweep(Ratings(self.db), Sightings(self.db), self.rules.current, self.clock.now()).run()
            self.rest.after(start, time.monotonic())

    @every(ERASE_EVERY_S)
    def sweep_personal(self) -> None:
        """Erase what is personal and no longer kept."""
        erasing.sweep(self.db, self.privacy, self.rules.current, self.clock.now())

    @consume_letters(topology.DEAD_LETTERS)
    def bury(self, letters: Sequence[Letter]) -> list[Outcome]:
        """File dead letters into the quarantine."""
        rows = [row for letter in letters for row in rows_of(letter, self._seal_text)]
        Quarantine(self.db).file(rows, self.clock.now())
        return [Done()] * len(letters)

    @api("GET", "/v1/ratings/<rating_id>", Action.SUBMIT_RATING, answers=Whereabouts)
    def get_rating(self, request: Request, actor: Actor, rating_id: str) -> Whereabouts:
        """Where a rating is that the asker sent: stored, quarantined, or not seen yet."""
        asked = plain_id(rating_id)
        return whereabouts(asked, actor.id, Ratings(self.db), Quarantine(self.db))

    @api("GET", "/v1/devices/<device>/sequences", Action.MANAGE_DEVICES, answers=DeviceReport)
    def get_sequences(self, request: Request, actor: Actor, device: str) -> DeviceReport:
        """What a device counted against what is here: missing (lost or tampered) and repeated."""
        return Counted(self.db).report(device, self.devices.epoch(device))

    @api("GET", "/v1/watch", Action.READ_QUARANTINE, asks=Looked, answers=Watched)
    def get_watch(self, request: Request, actor: Actor) -> Watched:
        """Channels and devices that are too quiet, or too good, with the figures behind it."""
        asked, watching = read_query(request, Looked), self._watching()
        seen: Watched = self.recent.within(asked.age)("watch", watching.look)
        return seen

    def _looks(self) -> Mapping[str, Look]:
        looks = {"quarantine": self._left, "watch": self._silent}
        return {**super()._looks(), **looks}

    def _left(self) -> Iterator[Figure]:
        for state, rows in Quarantine(self.db).left().items():
            yield Figure("haoping_quarantine_rows", rows, {"state": state})

    def _silent(self) -> Iterator[Figure]:
        found = [each.kind for each in self._watching().look().findings]
        yield Figure("haoping_devices_silent", found.count("device_silent"))
        yield Figure("haoping_channels_silent", found.count("channel_still"))

    def _watching(self) -> Watching:
        return Watching(self.db, self.registry.current, self.rules.current, self.clock.now())

    def _storing(self, presses: Sequence[RatingSubmitted]) -> Storing:
        errands = Errands(self.db).known({press.errand_key for press in presses if press.linked})
        intake = Intake(self.registry.newest, self.rules.current, self.clock.now(), errands)
        return Storing.on(self.db, intake, self._seal_press)

    def _concluded(
        self, deliveries: Sequence[Delivery[Message]], outcomes: list[Outcome]
    ) -> list[Outcome]:
        """Close the rows from which those that are done were replayed."""
        Quarantine(self.db).close(concluded(deliveries, outcomes), self.clock.now())
        return outcomes

    def _seal_press(self, press: RatingSubmitted) -> bytes:
        return self._seal_text(press.model_dump_json())

    def _seal_text(self, text: str) -> bytes:
        return self.sealer.seal({"text": text})
