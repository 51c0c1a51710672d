"""Devices as a whole, and what runs here, over HTTP."""

from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from werkzeug.wrappers import Request

from services.adapters.clock import SystemClock
from services.adapters.folder import Folder
from services.adapters.http import api
from services.adapters.mongo import Document
from services.adapters.settings import read_yaml
from services.contracts.actor import Action, Actor
from services.contracts.keyring import Ring
from services.registry.forms import Heard, Installation
from services.registry.repository import Keyrings, product
from services.registry.wiring import Wired


def labels(folder: Path) -> dict[str, str]:
    """The name and version of each index of the configuration."""
    found = (read_yaml(path) for path in sorted(folder.glob("*.yaml")))
    return {str(each["id"]): f"{each['name']} v{each['version']}" for each in found}


class Fleet(Wired):
    """Tells how the devices are, and on what this installation runs."""

    indexes: dict[str, str] = Folder("index", labels)

    @api("GET", "/v1/devices", Action.MANAGE_DEVICES, answers=list[Heard])
    def get_devices(self, request: Request, actor: Actor) -> list[Heard]:
        """Every registered device with its keys, its code, and what it last said of itself."""
        keyrings, now = Keyrings(self.db), SystemClock().now()
        rings, said = keyrings.all(), keyrings.said()
        ids = dict.fromkeys(device.id for device in self._current().devices)
        return [_heard(id, rings.get(id), said.get(id, {}), now) for id in ids]

    @api("GET", "/v1/installation", Action.READ_QUARANTINE, answers=Installation)
    def get_installation(self, request: Request, actor: Actor) -> Installation:
        """The database and whether it is the one for trials; rules and indexes in force."""
        trial, name = product(self.db)
        rules = self.rules.current
        return Installation(
            trial=trial,
            database=name,
            rules=rules.label,
            in_force_from=rules.in_force_from,
            indexes=self.indexes,
            registry=self._current().version,
            now=self.clock.now(),
            version=version("haoping"),
        )


def _heard(device: str, ring: Ring | None, said: Document, now: datetime) -> Heard:
    known = ring or Ring(device=device)
    waits = known.code_until and now < known.code_until
    return Heard(
        device=device,
        epoch=known.epoch,
        keys=len(known.sealed_keys(now)),
        code_until=known.code_until if waits else None,
        seen_at=said.get("seen_at"),
        outbox_depth=said.get("outbox_depth"),
        refused=said.get("refused"),
        version=said.get("version"),
    )
