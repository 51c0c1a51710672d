"""Who and what there is: units, windows, devices, items, and who may act."""

from werkzeug.wrappers import Request

from services.adapters.clock import BusinessClock, Clock, MovableClock
from services.adapters.http import api, read_json
from services.adapters.mongo import Db, MongoDatabase
from services.contracts.actor import Action, Actor
from services.contracts.directory import Directory
from services.errors import Conflict
from services.registry.forms import ClockForm, public
from services.registry.repository import Registries
from services.registry.tree import check


class Registry:
    """Takes whole versions of the registry, and, in a trial, moves the business clock."""

    name = "registry"
    db: Db = MongoDatabase({})
    clock: Clock = BusinessClock()

    @api("GET", "/v1/registry", Action.READ_REGISTRY)
    def get_registry(self, request: Request, actor: Actor) -> Directory:
        """The version in force, without anybody's token hash."""
        return public(Registries(self.db).current())

    @api("PUT", "/v1/registry", Action.CHANGE_REGISTRY)
    def put_registry(self, request: Request, actor: Actor) -> dict[str, int]:
        """Put a new version in force; its `version` is the one it replaces."""
        wanted, registries = read_json(request, Directory), Registries(self.db)
        check(wanted)
        now_in_force = registries.current().version
        following = wanted.model_copy(update={"version": wanted.version + 1})
        if wanted.version != now_in_force or not registries.replace(following, actor.id):
            raise Conflict(f"Version {now_in_force} is in force; read it and change that one")
        return {"version": following.version}

    @api("PUT", "/v1/clock", Action.MOVE_CLOCK)
    def put_clock(self, request: Request, actor: Actor) -> ClockForm:
        """Move the business clock of a trial."""
        form = read_json(request, ClockForm)
        if not isinstance(self.clock, MovableClock):
            raise Conflict("The clock of this installation is the wall clock and does not move")
        self.clock.move_to(form.now)
        return form

    @api("GET", "/healthz", None)
    def healthz(self, request: Request, actor: Actor) -> dict[str, bool]:
        """The process lives."""
        return {"live": True}
