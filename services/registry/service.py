"""Who and what there is: units, windows, devices, items, and who may act."""

from werkzeug.wrappers import Request

from services.adapters.clock import MovableClock
from services.adapters.health import Healthy
from services.adapters.http import api, read_json
from services.adapters.http.bodies import MAX_OPENED_BYTES
from services.contracts.actor import Action, Actor
from services.contracts.directory import Device, Directory
from services.contracts.signing import ID
from services.errors import Conflict
from services.registry.auditing import Auditing
from services.registry.custody import Custody
from services.registry.devices import id_of_signed, registered, with_device
from services.registry.fleet import Fleet
from services.registry.forms import (
    ClockForm,
    CodeForm,
    CodeIssued,
    KeyIssued,
    Revoked,
    RotationForm,
    public,
)
from services.registry.importing import Importing
from services.registry.people import keeping_tokens
from services.registry.personnel import Personnel
from services.registry.repository import Registries
from services.registry.tokens import Issuing
from services.registry.tree import check


class Registry(Auditing, Personnel, Importing, Fleet, Custody, Issuing, Healthy):
    """Takes versions of the registry, enrols devices, and, in a trial, moves the business clock."""

    name = "registry"

    @api("GET", "/v1/registry", Action.READ_REGISTRY, answers=Directory)
    def get_registry(self, request: Request, actor: Actor) -> Directory:
        """The version in force, without anybody's token hash."""
        return public(self._current())

    @api("PUT", "/v1/registry", Action.CHANGE_REGISTRY, takes=Directory, answers=dict[str, int])
    def put_registry(self, request: Request, actor: Actor) -> dict[str, int]:
        """Put a new version in force; its `version` is the one it replaces.

        Whoever stands in it without a token hash keeps the token that they have.
        """
        wanted, current = read_json(request, Directory, MAX_OPENED_BYTES), self._current()
        check(wanted)
        kept = keeping_tokens(wanted, current)
        following = kept.model_copy(update={"version": wanted.version + 1})
        in_force = current.version
        if wanted.version != in_force or not Registries(self.db).replace(following, actor.id):
            raise Conflict(f"Version {in_force} is in force; read it and change that one")
        self._tell_change(current, following)
        self._leave_nothing(current, following, actor.id)
        return {"version": following.version}

    @api("PUT", "/v1/devices/<device>", Action.CHANGE_REGISTRY, takes=Device, answers=Device)
    def put_device(self, request: Request, actor: Actor, device: str) -> Device:
        """Register one device, or change it, in the next version of the registry."""
        wanted = read_json(request, Device)
        if wanted.id != device:
            raise Conflict(f"The address says device {device} and the body {wanted.id}")
        self._put_in_force(with_device(self._current(), wanted), actor.id)
        return wanted

    @api("POST", "/v1/devices/<device>:code", Action.MANAGE_DEVICES, answers=CodeIssued)
    def post_code(self, request: Request, actor: Actor, device: str) -> CodeIssued:
        """A one-time code, valid for a day, with which the device enrols itself."""
        enrolling = self._enrolling()
        found = registered(self._current(), device, enrolling.now)
        issued = enrolling.issue_code(found, actor.id)
        self.audit.about("device", device, found.unit).changed({}, {"code": "issued"})
        return issued

    @api("POST", "/v1/devices:enrol", None, takes=CodeForm, answers=KeyIssued)
    def enrol(self, request: Request, actor: Actor) -> KeyIssued:
        """A key and a new epoch for whoever has the code; the device's former keys end."""
        issued = self._enrolling().enrol(read_json(request, CodeForm).code)
        self._tell_epoch(issued.device, issued.epoch - 1, issued.epoch, "enrolled")
        return issued

    @api("POST", "/v1/devices/me:rotate", Action.BE_A_DEVICE, takes=RotationForm, answers=KeyIssued)
    def rotate(self, request: Request, actor: Actor) -> KeyIssued:
        """The next key of the device that signed this; its other keys end after two weeks."""
        read_json(request, RotationForm)
        headers = request.headers
        id = id_of_signed(headers.get(ID), headers.get("Authorization"))
        issued = self._enrolling().rotate(actor.id, id)
        self._tell_epoch(issued.device, issued.epoch, issued.epoch, "rotated")
        return issued

    @api("DELETE", "/v1/devices/<device>/keys", Action.MANAGE_DEVICES, answers=Revoked)
    def revoke(self, request: Request, actor: Actor, device: str) -> Revoked:
        """End every key of a device, as when it was stolen; felt everywhere within a second."""
        revoked = self._enrolling().revoke(device, actor.id)
        self._tell_epoch(device, revoked.epoch, revoked.epoch, "revoked")
        return revoked

    @api("PUT", "/v1/clock", Action.MOVE_CLOCK, takes=ClockForm, answers=ClockForm)
    def put_clock(self, request: Request, actor: Actor) -> ClockForm:
        """Move the business clock of a trial."""
        form = read_json(request, ClockForm)
        if not isinstance(self.clock, MovableClock):
            raise Conflict("The clock of this installation is the wall clock and does not move")
        before = self.clock.now()
        self.clock.move_to(form.now)
        self.audit.about("clock", "business").changed({"now": before}, {"now": form.now})
        return form

    def _tell_epoch(self, device: str, before: int, after: int, keys: str) -> None:
        found = self._current().device.get(device)
        self.audit.about("device", device, found.unit if found else None)
        self.audit.changed({"epoch": before}, {"epoch": after, "keys": keys})
