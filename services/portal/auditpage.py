"""Who did what: the audit page by page, filtered."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request

from services.adapters.pages import View, Visitor, page
from services.adapters.rulebook import RulesInForce
from services.adapters.services import ServicesByName
from services.contracts.actor import Action
from services.contracts.audit import PARTS, Outcome
from services.errors import Invalid

FILTERS = ("service", "actor", "action", "outcome", "object", "trace")
DAYS = ("from", "to")
MOST = "50"


class AuditPage:
    """The audit for administrators and supervisors."""

    services: ServicesByName
    rulebook: RulesInForce

    @page("GET", "/admin/audit", Action.READ_AUDIT)
    def audit_log(self, request: Request, visitor: Visitor) -> View:
        """Entries, the newest first."""
        asked = {name: request.args[name] for name in (*FILTERS, *DAYS) if request.args.get(name)}
        days = {name: asked[name] for name in DAYS if name in asked}
        query = asked | bounds(days, ZoneInfo(str(self.rulebook.current.region.zone)))
        if request.args.get("cursor"):
            query["cursor"] = request.args["cursor"]
        answer = self.services.send(
            "GET", "registry", "/v1/audit", visitor.token, params={**query, "limit": MOST}
        )
        cursor = _cursor(answer.links.get("next", {}).get("url", ""))
        shown = {
            "entries": answer.json(),
            "asked": {name: asked.get(name, "") for name in (*FILTERS, *DAYS)},
            "narrowed": bool(asked),
            "next": {**asked, "cursor": cursor} if cursor else None,
            "parts": PARTS,
            "outcomes": [each.value for each in Outcome],
            "actions": [each.value for each in Action],
        }
        return View("admin/audit.html", shown)


def bounds(days: dict[str, str], zone: ZoneInfo) -> dict[str, str]:
    """The days of a form, both whole, as moments of the region. Raises Invalid for what is none."""
    try:
        found = {name: date.fromisoformat(day) for name, day in days.items()}
    except ValueError:
        raise Invalid("A day is written as 2020-03-05") from None
    if "to" in found:
        found["to"] += timedelta(days=1)
    midnight = datetime.min.time()
    return {n: datetime.combine(day, midnight, zone).isoformat() for n, day in found.items()}


def _cursor(url: str) -> str | None:
    found = parse_qs(url.partition("?")[2]).get("cursor")
    return found[0] if found else None
