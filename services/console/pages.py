"""Every page of the portal: by whom it is looked at, and at which address. One table for all.

Benches and pictures of pages are made from it, and fail for a page that is missing here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.adapters.openapi import operations
from services.adapters.pages.entrypoint import PageEntrypoint
from services.contracts.actor import Role
from services.errors import HaopingError
from services.portal.service import Portal

Known = Mapping[str, Sequence[str]]
"""What a county fills into the braces of an address; in turn, where there are several."""


class Reader(StrEnum):
    """Who looks; whoever has a role of that name signs in."""

    CITIZEN = "citizen"
    PUBLIC = "public"
    CLERK = "clerk"
    OFFICER = "officer"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    SCORER = "scorer"
    ADMINISTRATOR = "administrator"

    @property
    def role(self) -> Role | None:
        """The role of who signs in; None for who does not."""
        return Role(self.value) if self.value in set(Role) else None


@dataclass(frozen=True)
class Look:
    """A page as one reader arrives at it, under a short name of its own."""

    name: str
    reader: Reader
    at: str

    def address(self, known: Known, turn: int = 0) -> str:
        """Where it is in a county, at the n-th look."""
        return self.at.format_map({name: found[turn % len(found)] for name, found in known.items()})


@dataclass(frozen=True)
class LeftOut:
    """What answers a GET and is no page to look at, and why."""

    why: str


CITIZEN, PUBLIC, CLERK, OFFICER, DISPATCHER, SUPERVISOR, SCORER, ADMINISTRATOR = Reader
PAGES: Mapping[str, tuple[Look, ...] | LeftOut] = {
    "/": (Look("start", CITIZEN, "/"), Look("start-officer", OFFICER, "/")),
    "/signin": (Look("signin", CITIZEN, "/signin"),),
    "/password": (Look("password", OFFICER, "/password"),),
    "/signin/openid": LeftOut("leads to the identity provider"),
    "/signin/openid/back": LeftOut("leads back from there"),
    "/language/<language>": LeftOut("sets a cookie and leads back"),
    "/kiosk/<device>": (Look("kiosk", CITIZEN, "/kiosk/{device}"),),
    "/kiosk/": LeftOut("the same page, as the kiosk's worker keeps it"),
    "/kiosk/worker.js": LeftOut("a script, weighed with the kiosk"),
    "/r/<token:token>": (Look("link", CITIZEN, "/r/{link}"),),
    "/p/<token:token>": (Look("plate", CITIZEN, "/p/{plate}"),),
    "/receipt": (Look("receipt-find", CITIZEN, "/receipt"),),
    "/receipt/<token:code>": (Look("receipt", CITIZEN, "/receipt/{receipt}"),),
    "/scoreboard": (Look("scoreboard", PUBLIC, "/scoreboard"),),
    "/scoreboard/<token:period>": (Look("scoreboard-period", PUBLIC, "/scoreboard/{published}"),),
    "/scoreboard/<token:period>.csv": LeftOut("a file of open data"),
    "/scoreboard/<token:period>.json": LeftOut("the same"),
    "/my-window": (Look("my-window", CLERK, "/my-window"),),
    "/work": (
        Look("work", OFFICER, "/work"),
        Look("work-unit", OFFICER, "/work?tab=unit"),
        Look("work-overdue", DISPATCHER, "/work?tab=overdue"),
        Look("work-all", DISPATCHER, "/work?tab=all"),
    ),
    "/work/cases/<id>": (
        Look("case", OFFICER, "/work/cases/{case}"),
        Look("case-dispatcher", DISPATCHER, "/work/cases/{case}"),
    ),
    "/work/cases/<id>/deadline": (Look("case-deadline", OFFICER, "/work/cases/{case}/deadline"),),
    "/work/cases/<id>/evidence/<file_id>": LeftOut("a file, to be saved"),
    "/work/find": (Look("work-find", DISPATCHER, "/work/find?q={words}"),),
    "/work/looks": (Look("looks", SUPERVISOR, "/work/looks"),),
    "/work/new": (Look("work-new", DISPATCHER, "/work/new"),),
    "/work/export": LeftOut("a file, as large as the list"),
    "/board": (
        Look("board", SCORER, "/board"),
        Look("board-unit", SCORER, "/board?unit={unit}&days=90"),
    ),
    "/board/records": (Look("records", SCORER, "/board/records?{days}&unit={region}&bad=true"),),
    "/board/<period>": (
        Look("month", SCORER, "/board/{live}"),
        Look("month-published", SCORER, "/board/{published}"),
    ),
    "/board/<period>/units/<unit>": (
        Look("unit", SCORER, "/board/{live}/units/{unit}"),
        Look("unit-published", SCORER, "/board/{published}/units/{unit}"),
    ),
    "/board/<period>/units/<unit>/<figure>": (
        Look("figure", SCORER, "/board/{live}/units/{unit}/good_rate"),
    ),
    "/board/<period>/compare": (Look("compare", SCORER, "/board/{live}/compare"),),
    "/board/<period>/what-if": (Look("what-if", SCORER, "/board/{live}/what-if"),),
    "/board/<period>/report.<kind>": LeftOut("a file, made when it is asked for"),
    "/board/<period>/ratings.<form>": LeftOut("a file of every rating of the period"),
    "/plates": (Look("plates", ADMINISTRATOR, "/plates"),),
    "/admin": LeftOut("leads to the registry"),
    "/admin/registry": (
        Look("registry", ADMINISTRATOR, "/admin/registry"),
        Look("registry-search", ADMINISTRATOR, "/admin/registry?q={window}&all=1"),
    ),
    "/admin/registry/<kind>/<path:id>": (
        Look("registry-entry", ADMINISTRATOR, "/admin/registry/windows/{window}"),
        Look("registry-new", ADMINISTRATOR, "/admin/registry/units/~new"),
    ),
    "/admin/import/<kind>": (Look("registry-import", ADMINISTRATOR, "/admin/import/windows"),),
    "/admin/import/<kind>/table": LeftOut("a file, as large as the registry"),
    "/admin/devices": (Look("devices", ADMINISTRATOR, "/admin/devices"),),
    "/admin/devices/<device>": (Look("device", ADMINISTRATOR, "/admin/devices/{device}"),),
    "/admin/people": (Look("people", ADMINISTRATOR, "/admin/people"),),
    "/admin/people/<person>": (Look("person", ADMINISTRATOR, "/admin/people/{person}"),),
    "/admin/roles": (Look("roles", ADMINISTRATOR, "/admin/roles"),),
    "/admin/quarantine": (Look("quarantine", ADMINISTRATOR, "/admin/quarantine"),),
    "/admin/quarantine/row": (
        Look("quarantine-row", ADMINISTRATOR, "/admin/quarantine/row?key={row}"),
    ),
    "/admin/health": (Look("health", ADMINISTRATOR, "/admin/health"),),
    "/admin/audit": (Look("audit", ADMINISTRATOR, "/admin/audit"),),
}


def routes() -> list[str]:
    """What of the portal answers a GET with a page, by its pattern."""
    found = (each.entrypoint for each in operations({Portal.name: Portal}))
    return [e.url for e in found if isinstance(e, PageEntrypoint) and e.method == "GET"]


def looks() -> Iterator[tuple[str, Look]]:
    """Every look with the pattern of its page. Raises HaopingError for a page that has none."""
    answered = routes()
    if forgotten := [each for each in answered if each not in PAGES]:
        raise HaopingError(f"services/console/pages.py has no look at {', '.join(forgotten)}")
    for pattern in answered:
        entry = PAGES[pattern]
        if not isinstance(entry, LeftOut):
            yield from ((pattern, look) for look in entry)
