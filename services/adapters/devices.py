"""The keys of devices as other services read them, and who signed a request."""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from logging import getLogger

import pymongo
from nameko.extensions import DependencyProvider, SharedExtension
from pymongo.errors import PyMongoError

from services.adapters.mongo import AWAY_S, GLANCE_S, MongoConnection
from services.adapters.registry import RegistryCache
from services.adapters.sealing import Sealer
from services.contracts.actor import Actor, Role
from services.contracts.directory import active_at
from services.contracts.keyring import Ring
from services.contracts.signing import Signed
from services.errors import NotAuthenticated

COLLECTION = "device_keys"
HEARTBEATS = "heartbeats"
STALE_AFTER_S = 1.0
UNKNOWN = "The signature fits no key of an active device; enrol it with a code, then sign again"
_log = getLogger(__name__)


def sealed_key(sealer: Sealer, key: bytes) -> bytes:
    """A key as it is kept."""
    return sealer.seal({"key": b64encode(key).decode()})


@dataclass(frozen=True)
class Opened:
    """A key ring with its keys opened, and when it was read."""

    ring: Ring
    keys: Mapping[bytes, bytes]
    read_at: float

    def valid(self, now: datetime) -> list[bytes]:
        """The keys that sign at `now`."""
        return [self.keys[sealed] for sealed in self.ring.sealed_keys(now)]


class DeviceKeys(SharedExtension):
    """Opens key rings of registered devices; a change is seen within `STALE_AFTER_S`."""

    connection = MongoConnection()
    registry = RegistryCache()

    def __init__(self) -> None:
        self._opened: dict[str, Opened] = {}
        self._sealer: Sealer | None = None

    def signer(self, headers: Mapping[str, str], body: bytes) -> Actor:
        """The device that signed a request just now; it needs no principal of its own.

        Raises NotAuthenticated, or StaleSignature with the time here.
        """
        signed, now = Signed.read(headers), datetime.now(UTC)
        if not self.is_authentic(signed, body, now):
            raise NotAuthenticated(UNKNOWN)
        signed.demand_fresh(now)
        epoch = self.issued(signed.device)
        return Actor(signed.device, frozenset({Role.DEVICE}), epoch=epoch)

    def is_authentic(self, signed: Signed, body: bytes, now: datetime) -> bool:
        """Whether the named device is active and one of its keys signed `body`, however long ago.

        A key that was issued a moment ago is looked for in the database once more.
        """
        if active_at(self.registry.current.device_periods, signed.device, now) is None:
            return False
        kept = self._ring(signed.device, STALE_AFTER_S)
        if signed.is_authentic(body, kept.valid(now)):
            return True
        return signed.is_authentic(body, self._ring(signed.device, 0).valid(now))

    def _ring(self, device: str, stale_after_s: float) -> Opened:
        kept = self._opened.get(device)
        if kept is None:
            kept = self._opened[device] = self._open(device, None)
        elif time.monotonic() - kept.read_at >= stale_after_s:
            kept = self._opened[device] = self._renewed(device, kept)
        return kept

    def _renewed(self, device: str, kept: Opened) -> Opened:
        """The ring as it is now, or as it was while the database is away."""
        try:
            with pymongo.timeout(GLANCE_S):
                return self._open(device, kept)
        except PyMongoError as error:
            _log.warning("going on with the keys of %s as they were: %r", device, error)
            return replace(kept, read_at=time.monotonic() + AWAY_S)

    def _open(self, device: str, before: Opened | None) -> Opened:
        found = self.connection.db[COLLECTION].find_one({"_id": device})
        ring = Ring.model_validate(found or {"device": device})
        known = before.keys if before else {}
        keys = {key.sealed: known.get(key.sealed) or self._key(key.sealed) for key in ring.keys}
        return Opened(ring, keys, time.monotonic())

    def _key(self, sealed: bytes) -> bytes:
        if self._sealer is None:
            self._sealer = Sealer.of(self.container.config, self.connection.db)
        return b64decode(self._sealer.open(sealed)["key"])

    def issued(self, device: str) -> int:
        """The newest epoch of a device whose signature was just found true: its key is here."""
        return self._ring(device, STALE_AFTER_S).ring.epoch

    def epoch(self, device: str) -> int:
        """The newest epoch that was issued to the device; 0 before the first."""
        return self._ring(device, 0).ring.epoch


class Devices(DependencyProvider):
    """Gives workers the keys of devices."""

    keys = DeviceKeys()

    def get_dependency(self, worker_ctx: object) -> DeviceKeys:
        """Who signed what."""
        return self.keys
