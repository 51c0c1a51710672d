"""The order of things: a year goes by on the moved clock, act by act, and is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from services.console.demo import custody, days
from services.console.demo.client import ADMINISTRATOR, Api, eventually
from services.console.demo.edge import RATINGS, Senders
from services.console.demo.narrator import Narrator
from services.console.demo.officers import Desk
from services.console.demo.plan import YEAR, Plan
from services.console.demo.plot import PLOT, Act, Bad
from services.console.demo.presses import Form, Press
from services.contracts.actor import Role
from services.contracts.directory import Directory
from services.contracts.vocabulary import Channel

Waiting = TypeVar("Waiting")
CLOSING_DAY, CLOSING_MINUTE = 11, 600
MIDYEAR_DAY, MIDYEAR_MINUTE = 182, 720
SETTLED_S = 240.0
"""A year of presses comes faster than a busy machine stores it."""
JUST_AFTER = timedelta(minutes=1)
SIGNING_IN = (
    (f"system-{Channel.PC}", "capture", RATINGS),
    (Role.DISPATCHER, "rectify", "/v1/cases"),
    (Role.SCORER, "score", f"/v1/months/{YEAR}:close"),
)
REPLAYING, ACTING, SETTLING, CLOSING = (
    "sending presses and errands",
    "officers at work",
    "waiting for tallies",
    "closing and publishing",
)


def register(api: Api, directory: Directory, *signing_in: tuple[str, str, str]) -> None:
    """Put a registry in force and wait until the services know it: each looks once a second.

    `signing_in`: who will first ask which service, and an address there that takes a body.
    """
    api.put(ADMINISTRATOR, "registry", "/v1/registry", directory.model_dump(mode="json"))
    for who, service, path in signing_in:
        eventually(partial(api.knows, who, service, path), f"{service} to know {who}")


@dataclass
class Story:
    """A year of one county. `presses` and `errands` are what is still to come, the next last."""

    api: Api
    senders: Senders
    plan: Plan
    names: Mapping[str, str]
    narrator: Narrator
    cases: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.desk = Desk(self.api)
        self.presses: list[Press] = sorted(self.plan.ordinary, key=lambda each: each.at)[::-1]
        self.errands: list[Form] = list(self.plan.unrated)[::-1]

    def tell(self) -> None:
        """Live through the year, then wait until every rating is in the tallies."""
        with self.narrator.progress("replaying 2020", len(self.presses)):
            for moment, happens in self._happenings():
                self._until(moment)
                happens()
            self._until(self.plan.ends)
            self._odd_ones()
        self._settle()

    def close(self) -> None:
        """Close and publish the year; what is open in quarantine is accepted by name."""
        with self.narrator.phase(CLOSING):
            self.senders.set_clock(days.at(days.all_days(YEAR + 1)[CLOSING_DAY], CLOSING_MINUTE))
            self._nothing_pending()
            accepted = {"accept": ["quarantine"]}
            self.api.post(Role.SCORER, "score", f"/v1/months/{YEAR}:close", accepted)
            self.api.post(Role.SCORER, "score", f"/v1/months/{YEAR}:publish", {})

    def _happenings(self) -> list[tuple[datetime, Callable[[], None]]]:
        played = zip(self.plan.bad, PLOT, strict=True)
        happenings = [each for press, bad in played for each in self._played(press, bad)]
        backlog = self.plan.backlog[-1].at + JUST_AFTER
        midyear = days.at(days.all_days(YEAR)[MIDYEAR_DAY], MIDYEAR_MINUTE)
        happenings.append((backlog, self._backlog))
        happenings.append((midyear, partial(custody.rotate, self.api)))
        return sorted(happenings, key=lambda each: each[0])

    def _played(self, press: Press, bad: Bad) -> Iterator[tuple[datetime, Callable[[], None]]]:
        yield press.at + JUST_AFTER, partial(self._bad, press, bad)
        for act in bad.script.acts:
            moment = days.after(press.at, act.day, act.minute + PLOT.index(bad))
            yield moment, partial(self._act, press, act)

    def _until(self, moment: datetime) -> None:
        """It is `moment`: what was pressed and done since the last time is sent."""
        with self.narrator.phase(REPLAYING):
            self.senders.set_clock(moment)
            errands = _popped(self.errands, lambda each: _reached(each) < moment)
            presses = _popped(self.presses, lambda press: press.at < moment)
            self.senders.report(errands)
            self.senders.send(presses)
            self.narrator.advance(len(presses))

    def _bad(self, press: Press, bad: Bad) -> None:
        with self.narrator.phase(ACTING):
            what = f"{press.at:%m-%d} {bad.channel:<8} {bad.script.name} ({self.names[bad.unit]})"
            self.narrator.now(what)
            self.senders.send([press])
            self.cases[press.key] = self.desk.case_of(press.id, press.at.date())

    def _act(self, press: Press, act: Act) -> None:
        with self.narrator.phase(ACTING):
            self.desk.perform(self.cases[press.key], act)

    def _backlog(self) -> None:
        """A kiosk that was offline sends what it kept, hears no answer, and sends it again."""
        now = (self.plan.backlog[-1].at + JUST_AFTER).isoformat()
        kiosk = str(self.plan.backlog[0].form["device"])
        self.senders.report([press.errand for press in self.plan.backlog if press.errand])
        for _ in range(2):
            self.senders.post(kiosk, [press.form | {"sent_at": now} for press in self.plan.backlog])

    def _odd_ones(self) -> None:
        """What cannot be stored; the unknown windows last, for they are waited for."""
        with self.narrator.phase(REPLAYING):
            self.senders.send(self.plan.again)
            self.senders.send(self.plan.unknown)
            self.senders.post("system-pc", self.plan.malformed)

    def _settle(self) -> None:
        with self.narrator.phase(SETTLING):
            eventually(self._all_seen, "everything to be stored and counted", SETTLED_S)
            self._nothing_pending()

    def _all_seen(self) -> bool:
        path = f"/v1/tallies?from={YEAR}-01-01&to={YEAR}-12-31"
        tallies = self.api.get(Role.SCORER, "score", path)
        return bool(tallies["fresh"]) and tallies["total"] >= len(self.plan.presses)

    def _nothing_pending(self) -> None:
        eventually(self._quiet, "tallies and outboxes to be up to date")

    def _quiet(self) -> bool:
        month = self.api.get(Role.SCORER, "score", f"/v1/months/{YEAR}")
        found = {check["name"]: check["found"] for check in month["checks"]}
        waited = len(self.plan.unknown) == found["quarantine"]
        return waited and not found["touched"] and not found["outboxes"]


def _reached(report: Form) -> datetime:
    return datetime.fromisoformat(report["reached_at"])


def _popped(waiting: list[Waiting], due: Callable[[Waiting], bool]) -> list[Waiting]:
    """Take from the end of the list whatever is due."""
    taken: list[Waiting] = []
    while waiting and due(waiting[-1]):
        taken.append(waiting.pop())
    return taken
