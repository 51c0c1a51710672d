"""What an administrator looks after; the registry, and what every part of it begins with."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from services.adapters.clock import Clock
from services.adapters.pages import View, Visitor, go, page
from services.adapters.registry import RegistryCache
from services.adapters.rulebook import RulesInForce
from services.adapters.services import ServicesByName
from services.contracts.actor import Action
from services.contracts.directory import Directory
from services.errors import NotAllowed
from services.portal.registrytree import branches, counted, moment_of

PLACES = (
    ("/admin/registry", Action.READ_REGISTRY),
    ("/admin/quarantine", Action.READ_QUARANTINE),
)


class Admin:
    """The registry as a tree, on whatever day."""

    services: ServicesByName
    clock: Clock
    rulebook: RulesInForce
    registry: RegistryCache

    @page("GET", "/admin", None)
    def admin(self, request: Request, visitor: Visitor) -> Response:
        """To the first part that the visitor may see."""
        if not visitor.signed_in:
            return go("/signin?next=/admin")
        for address, action in PLACES:
            if visitor.may(action):
                return go(address)
        raise NotAllowed

    @page("GET", "/admin/registry", Action.READ_REGISTRY)
    def registry_tree(self, request: Request, visitor: Visitor) -> View:
        """Units, windows, devices and items as they are, or were, on a day."""
        directory, asked = self.registry.newest, request.args
        at = moment_of(asked.get("at"), self.rulebook.current.region.zone, self.clock.now())
        query, everything = asked.get("q", "").strip(), "all" in asked
        shown = {
            "roots": branches(directory, at, query, everything),
            "counts": counted(directory, at),
            "version": directory.version,
            "at": at,
            "day": asked.get("at", ""),
            "query": query,
            "everything": everything,
            "done": asked.get("done"),
        }
        return View("admin/registry.html", shown)

    def _directory(self, visitor: Visitor) -> Directory:
        return Directory.model_validate(
            self.services.get("registry", "/v1/registry", visitor.token)
        )
