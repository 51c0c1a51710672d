"""What every part of the registry works with."""

from services.adapters.clock import BusinessClock, Clock, SystemClock
from services.adapters.health import Servers
from services.adapters.ledger import Audited, LedgerKey, Record
from services.adapters.mongo import Db, MongoDatabase
from services.adapters.registry import Registry, RegistryCache
from services.adapters.rulebook import Rulebook, RulesInForce
from services.adapters.sealing import Sealer, Vault
from services.contracts.directory import Directory
from services.errors import Conflict
from services.registry.credentials import CREDENTIAL_INDEXES, end_all
from services.registry.devices import Enrolling
from services.registry.history import PERSONAL, entries_of
from services.registry.repository import INDEXES, Keyrings, Registries
from services.registry.tree import check


class Wired:
    """The dependencies of the service, and what is made of them anew each time."""

    db: Db = MongoDatabase({**INDEXES, **CREDENTIAL_INDEXES})
    clock: Clock = BusinessClock()
    sealer: Sealer = Vault()
    rules: RulesInForce = Rulebook()
    key: bytes = LedgerKey()
    audit: Record = Audited()
    servers: Servers = Servers()
    in_force: RegistryCache = Registry()

    def _current(self) -> Directory:
        return self.in_force.newest

    def _put_in_force(self, following: Directory, by: str) -> None:
        """Raise Invalid when it does not hold together, Conflict when somebody was faster."""
        check(following)
        before = self._current()
        if not Registries(self.db).replace(following, by):
            raise Conflict
        self._tell_change(before, following)
        self._leave_nothing(before, following, by)

    def _tell_change(self, before: Directory, after: Directory) -> None:
        self.audit.about("registry", str(after.version))
        self.audit.changed(entries_of(before), entries_of(after), PERSONAL)

    def _leave_nothing(self, before: Directory, after: Directory, by: str) -> None:
        """Whoever came or went has nothing of what opened the registry to somebody of their id."""
        came_or_went = before.principal.keys() ^ after.principal.keys()
        end_all(self.db, came_or_went, by, SystemClock().now())

    def _enrolling(self) -> Enrolling:
        return Enrolling(Keyrings(self.db), self.sealer, SystemClock().now())
