"""What every part of the edge works with."""

from collections.abc import Sequence

from services.adapters.breathing import breathing
from services.adapters.bus import Bus, Publisher, packed
from services.adapters.clock import BusinessClock, Clock
from services.adapters.devices import DeviceKeys, Devices
from services.adapters.health import Servers
from services.adapters.http import Throttle, Windows
from services.adapters.ledger import Audited, LedgerKey, Record
from services.adapters.mongo import Db, MongoDatabase
from services.adapters.public import PublicUrl
from services.adapters.registry import Registry, RegistryCache
from services.adapters.rulebook import Rulebook, RulesInForce
from services.adapters.sealing import Sealer, Vault
from services.adapters.telemetry.work import trace_at_hand
from services.capture.edge import Edge
from services.capture.repository import INDEXES
from services.contracts.actor import Actor
from services.contracts.message import Message


class Wired:
    """The dependencies of the service, and the edge as it is for somebody just now."""

    bus: Bus = Publisher()
    db: Db = MongoDatabase(INDEXES)
    clock: Clock = BusinessClock()
    rules: RulesInForce = Rulebook()
    sealer: Sealer = Vault()
    key: bytes = LedgerKey()
    audit: Record = Audited()
    registry: RegistryCache = Registry()
    devices: DeviceKeys = Devices()
    windows: Windows = Throttle()
    public_url: str = PublicUrl()
    servers: Servers = Servers(broker=True)

    def _edge(self, actor: Actor) -> Edge:
        rules, now, trace = self.rules.current, self.clock.now(), trace_at_hand()
        return Edge(actor, rules, now, self.sealer.seal, self.key, traceparent=trace.header)

    def _publish(self, events: Sequence[Message], trace: str) -> None:
        if events:
            self.bus.publish(*breathing(packed(events, trace)))
