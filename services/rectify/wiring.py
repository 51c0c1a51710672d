"""What every part of rectify works with."""

from services.adapters.clock import BusinessClock, Clock
from services.adapters.health import Servers
from services.adapters.ledger import Audited, LedgerKey, Record
from services.adapters.mongo import Db, MongoDatabase
from services.adapters.outbox import Outbox
from services.adapters.registry import Registry, RegistryCache
from services.adapters.rulebook import Rulebook, RulesInForce
from services.rectify.decision import Office
from services.rectify.repository import CASES, INDEXES, Cases


class Wired:
    """The dependencies of the service, and the two values that are made of them anew each time."""

    db: Db = MongoDatabase(INDEXES)
    clock: Clock = BusinessClock()
    rules: RulesInForce = Rulebook()
    registry: RegistryCache = Registry()
    key: bytes = LedgerKey()
    audit: Record = Audited()
    outbox: Outbox = Outbox(CASES)
    servers: Servers = Servers(broker=True)

    def _office(self) -> Office:
        return Office(self.rules.current, self.registry.current, self.clock.now())

    def _cases(self) -> Cases:
        return Cases(self.db, self.key, self.rules.current)
