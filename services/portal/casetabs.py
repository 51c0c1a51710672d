"""The tabs and filters of the list of cases, and what each asks of the API. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from services.contracts.actor import Role

Row = Mapping[str, Any]
Page = Mapping[str, Any]
FILTERS = ("unit", "handler", "assignee", "item", "tag", "channel", "state", "due")
DUE = {"today": {"due_today": "true"}, "overdue": {"overdue": "true"}}
ELSEWHERE = frozenset({"awaiting_callback", "appeal_review"})
"""While a case is there, its officer waits for others."""
AT_ONCE, MINE_AT_ONCE = 50, 200
EVERYBODY = frozenset(Role)
OF_A_UNIT = frozenset({Role.OFFICER, Role.APPROVER})


def is_open(row: Row) -> bool:
    """Whether it is not closed."""
    return bool(row["state"] != "closed")


def is_waiting(row: Row) -> bool:
    """Whether its officer waits for somebody else, or for the citizen."""
    return row["state"] in ELSEWHERE or bool(row["paused"])


@dataclass(frozen=True)
class Tab:
    """A list that somebody with one of these roles comes for.

    Of what the API lists it `keeps` some open ones, where the API cannot be asked for them alone.
    """

    key: str
    asks: Mapping[str, str]
    roles: Set[Role] = EVERYBODY
    keeps: Callable[[Row], bool] | None = None


TABS = (
    Tab("mine", {"mine": "true"}, {Role.OFFICER}, is_open),
    Tab("undispatched", {"state": "undispatched"}, {Role.DISPATCHER}),
    Tab("callback", {"state": "awaiting_callback"}, {Role.CALLER}),
    Tab("review", {"state": "appeal_review"}, {Role.AUDITOR, Role.SUPERVISOR}),
    Tab("unit", {"my_unit": "true"}, OF_A_UNIT),
    Tab("today", {"due_today": "true"}),
    Tab("overdue", {"overdue": "true"}),
    Tab("waiting", {"mine": "true"}, {Role.OFFICER}, is_waiting),
    Tab("closed", {"state": "closed"}),
    Tab("all", {}),
)


def tabs_for(roles: Set[Role]) -> tuple[Tab, ...]:
    """The tabs of somebody with these roles; the first is where they begin."""
    return tuple(tab for tab in TABS if tab.roles & roles)


@dataclass(frozen=True)
class Wanted:
    """A tab, the filters set on it, and which page of it: `at` cases come before."""

    tab: Tab
    filters: Mapping[str, str]
    cursor: str | None = None
    at: int = 0

    @property
    def own(self) -> bool:
        """Whether it shows the asker's own open cases and nothing else is asked."""
        return self.tab.keeps is not None and not self.filters and not self.cursor

    @property
    def at_once(self) -> int:
        """How many cases to ask for."""
        return AT_ONCE if self.tab.keeps is None else MINE_AT_ONCE

    def kept(self, page: Page) -> Page:
        """What the tab shows of a page; closed cases come last, so the first of them ends it."""
        if self.tab.keeps is None:
            return page
        goes_on = all(map(is_open, page["items"]))
        kept = list(filter(self.tab.keeps, page["items"]))
        return {"items": kept, "next": page["next"] if goes_on else None}

    @property
    def query(self) -> dict[str, str]:
        """What the API is asked; what the tab says goes before a filter."""
        chosen = {name: value for name, value in self.filters.items() if name != "due"}
        return {**chosen, **DUE.get(self.filters.get("due", ""), {}), **self.tab.asks}

    @property
    def words(self) -> str:
        """The query string by which this tab with these filters is found again."""
        return urlencode({"tab": self.tab.key, **self.filters})

    @property
    def place(self) -> str:
        """The query string of this very page of it."""
        page = {"cursor": self.cursor, "at": self.at} if self.cursor else {}
        return urlencode({"tab": self.tab.key, **self.filters, **page})


def wanted(asked: Mapping[str, str], roles: Set[Role]) -> Wanted:
    """What the address of a list asks for; an unknown tab is the first one."""
    mine = tabs_for(roles)
    tab = next((each for each in mine if each.key == asked.get("tab")), mine[0])
    filters = {name: asked[name] for name in FILTERS if asked.get(name)}
    at = asked.get("at", "")
    return Wanted(tab, filters, asked.get("cursor") or None, int(at) if at.isdecimal() else 0)


@dataclass(frozen=True)
class Summary:
    """An officer's open cases by what presses; `more` when there are even more of them."""

    open: int
    today: int
    overdue: int
    waiting: int
    more: bool


def summary(rows: Sequence[Row], tomorrow: datetime) -> Summary:
    """What stands at the top of an officer's list; `tomorrow` is when the local day ends."""
    mine = list(filter(is_open, rows))
    due = [row for row in mine if not row["overdue"] and not row["paused"]]
    return Summary(
        open=len(mine),
        today=sum(datetime.fromisoformat(row["due_at"]) < tomorrow for row in due),
        overdue=sum(row["overdue"] for row in mine),
        waiting=sum(map(is_waiting, mine)),
        more=len(mine) == MINE_AT_ONCE,
    )
