"""Devices: whether each is enrolled, heard of and complete; a code for the next enrolment."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import segno
from werkzeug.wrappers import Request, Response

from services.adapters.at_once import at_once
from services.adapters.pages import View, Visitor, go, page
from services.contracts.actor import Action
from services.contracts.directory import Device, Directory
from services.errors import HaopingError, NotFound
from services.portal.admin import Admin
from services.portal.healthpage import LOOK_AGAIN_S

PAGE = "/admin/devices/<device>"
OF_DEVICES = frozenset({"device_silent", "outbox_growing", "presses_refused"})
QR_SCALE, MOST_SHOWN = 5, 200


class DevicesPage(Admin):
    """The list of devices, and one of them with its epochs, gaps and repeats."""

    public_url: str

    @page("GET", "/admin/devices", Action.MANAGE_DEVICES)
    def device_list(self, request: Request, visitor: Visitor) -> View:
        """Every device with what it last said; those that need a look stand first."""
        query = request.args.get("q", "").strip()
        heard, findings = at_once(lambda: self._heard(visitor), lambda: self._findings(visitor))
        directory = self.registry.newest
        rows = [
            {"device": directory.device[each["device"]], "heard": each, "found": found}
            for each in heard
            for found in [findings.get(each["device"], [])]
        ]
        rows = [row for row in rows if _fits(row["device"], directory, query)]
        rows.sort(key=lambda row: (not row["found"], row["device"].unit, row["device"].id))
        shown = {"rows": rows, "most": MOST_SHOWN, "query": query, "directory": directory}
        return View("admin/devices.html", shown | {"watched": findings is not UNKNOWN})

    @page("GET", PAGE, Action.MANAGE_DEVICES)
    def device(self, request: Request, visitor: Visitor, device: str) -> View:
        """One device: its key, its epochs, what is missing and what came twice."""
        return self._device(visitor, device, None, request.args.get("done"))

    @page("POST", f"{PAGE}/code", Action.MANAGE_DEVICES)
    def issue_code(self, request: Request, visitor: Visitor, device: str) -> View:
        """A one-time code, shown on this answer and never again."""
        path = f"/v1/devices/{device}:code"
        issued = self.services.post("registry", path, visitor.token)
        return self._device(visitor, device, issued, None)

    @page("POST", f"{PAGE}/revoke", Action.MANAGE_DEVICES)
    def revoke_device(self, request: Request, visitor: Visitor, device: str) -> Response:
        """End every key of the device."""
        self.services.delete("registry", f"/v1/devices/{device}/keys", visitor.token)
        return go(f"/admin/devices/{quote(device)}?done=revoked")

    def _device(self, visitor: Visitor, id: str, issued: Any, done: str | None) -> View:
        directory = self.registry.newest
        if (entry := directory.device.get(id)) is None:
            raise NotFound
        heard, findings, report = at_once(
            lambda: self._heard(visitor),
            lambda: self._findings(visitor),
            lambda: self._report(visitor, id),
        )
        address = f"{self.public_url}/kiosk/{id}"
        shown = {
            "device": entry,
            "active": entry.active(self.clock.now()),
            "directory": directory,
            "heard": next(each for each in heard if each["device"] == id),
            "found": findings.get(id, []),
            "report": report,
            "issued": issued,
            "address": address,
            "qr": segno.make(address).svg_data_uri(scale=QR_SCALE) if issued else None,
            "done": done,
        }
        return View("admin/device.html", shown)

    def _heard(self, visitor: Visitor) -> list[dict[str, Any]]:
        """What each device last said."""
        heard: list[dict[str, Any]] = self.services.get("registry", "/v1/devices", visitor.token)
        return heard

    def _report(self, visitor: Visitor, id: str) -> Any:
        """Gaps and repeats; None while the store does not answer."""
        try:
            return self.services.get("store", f"/v1/devices/{id}/sequences", visitor.token)
        except HaopingError:
            return None

    def _findings(self, visitor: Visitor) -> dict[str, list[Any]]:
        """What the watch found about devices; UNKNOWN while the store does not answer."""
        try:
            watched = self.services.get("store", "/v1/watch", visitor.token, age=LOOK_AGAIN_S)
        except HaopingError:
            return UNKNOWN
        found: dict[str, list[Any]] = {}
        for each in watched["findings"]:
            if each["kind"] in OF_DEVICES:
                found.setdefault(each["subject"], []).append(each)
        return found


UNKNOWN: dict[str, list[Any]] = {}


def _fits(device: Device, directory: Directory, query: str) -> bool:
    unit = directory.unit.get(device.unit)
    words = (device.id, device.name, device.window or "", device.unit, unit.name if unit else "")
    return any(query.casefold() in word.casefold() for word in words)
