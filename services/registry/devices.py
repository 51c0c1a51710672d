"""Enrols devices: what is asked of the registry, done to the key ring, and shown once."""

from __future__ import annotations

import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime

from services.adapters.devices import sealed_key
from services.adapters.sealing import Sealer
from services.contracts.directory import Device, Directory, active_at
from services.contracts.keyring import Ring
from services.errors import Conflict, NotAuthenticated, NotFound
from services.registry import enrolment
from services.registry.forms import CodeIssued, KeyIssued, Revoked
from services.registry.repository import Keyrings

KEY_BYTES = 32


@dataclass(frozen=True)
class Enrolling:
    """The collaborators of one request; `now` is wall time."""

    keyrings: Keyrings
    sealer: Sealer
    now: datetime

    def issue_code(self, device: Device, by: str) -> CodeIssued:
        """A one-time code for a device; only its hash is kept."""
        code = enrolment.readable_code(secrets.token_bytes(enrolment.CODE_BYTES))
        ring, hash = self.keyrings.get(device.id), enrolment.code_hash(code)
        until = self._keep(enrolment.with_code(ring, hash, by, self.now)).code_until
        return CodeIssued(device=device.id, code=code, expires_at=until)

    def enrol(self, code: str) -> KeyIssued:
        """A new epoch and its key, for whoever has the code. Raises CodeRefused."""
        ring = self.keyrings.with_code(enrolment.code_hash(code))
        if ring is None:
            raise enrolment.CodeRefused
        key = secrets.token_bytes(KEY_BYTES)
        enrolled = enrolment.enrolled(ring, sealed_key(self.sealer, key), self.now)
        return shown(self._keep(enrolled), key)

    def rotate(self, device: str, request: str) -> KeyIssued:
        """One more key for a device that has one; `request` is the id of the signed request."""
        ring, key = self.keyrings.get(device), secrets.token_bytes(KEY_BYTES)
        sealed = sealed_key(self.sealer, key)
        return shown(self._keep(enrolment.rotated(ring, sealed, request, self.now)), key)

    def revoke(self, device: str, by: str) -> Revoked:
        """End every key of a device and its code. Raises NotFound if it never had either."""
        before = self.keyrings.get(device)
        if before.version == 0:
            raise NotFound(f"Device {device} was never given a code or a key")
        ring = self._keep(enrolment.revoked(before, by, self.now))
        return Revoked(device=device, epoch=ring.epoch)

    def _keep(self, ring: Ring) -> Ring:
        if not self.keyrings.keep(ring):
            raise Conflict
        return ring


def id_of_signed(id: str | None, token: str | None) -> str:
    """The id of a signed request. Raises NotAuthenticated for one that came with a token."""
    if token is not None or id is None:
        raise NotAuthenticated("Sign this with the key that is to be followed by another")
    return id


def shown(ring: Ring, key: bytes) -> KeyIssued:
    """What a device is told, once."""
    return KeyIssued(device=ring.device, key=b64encode(key).decode(), epoch=ring.epoch)


def registered(directory: Directory, device: str, now: datetime) -> Device:
    """The device in the registry. Raises NotFound for one that is not there or not active."""
    found = active_at(directory.device_periods, device, now)
    if found is None:
        raise NotFound(f"There is no active device {device} in the registry; register it first")
    return found


def with_device(directory: Directory, device: Device) -> Directory:
    """The next version of the registry, in which the device stands as given.

    What it was in other periods stays: a period is replaced by one that begins when it did.
    """
    begins = (device.id, device.active_from)
    others = tuple(each for each in directory.devices if (each.id, each.active_from) != begins)
    changed = {"devices": (*others, device), "version": directory.version + 1}
    return directory.model_copy(update=changed)
