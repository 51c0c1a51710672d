"""The seeded generator: every press of the year as the form that its sender posts. Pure."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from services.console.demo import days
from services.console.demo.county import County, Office, clerk
from services.console.demo.plot import PLOT, Bad, day_of
from services.contracts.masking import CHECK_DIGITS, WEIGHTS
from services.contracts.rules import Tag
from services.contracts.vocabulary import Channel, Level

Form = dict[str, Any]
SYSTEM = "weiyuan-spj"
IN_HALLS = frozenset({Channel.TERMINAL, Channel.TABLET, Channel.QR})
LINKED, UNRATED, NAMED, TAGGED = 0.11, 0.05, 0.02, 0.4
SATISFIED_SHARE = 0.8
PROMISE_KEPT = 0.97


@dataclass(frozen=True)
class Press:
    """One press: when, what is posted, and the report of the errand that it is about, if any."""

    at: datetime
    form: Form
    errand: Form | None = None

    @property
    def channel(self) -> Channel:
        """The channel it comes through."""
        return Channel(self.form["channel"])

    @property
    def id(self) -> str:
        """The sender's id, by which a resend is known."""
        return str(self.form["rating_id"])

    @property
    def key(self) -> str:
        """The `_id` that it must be stored under."""
        if not self.errand:
            return self.id
        return f"{SYSTEM}:{self.errand['errand_number']}:completed:1:1"


@dataclass
class Generator:
    """Draws presses for a county; the same seed gives the same year."""

    county: County
    tags: Mapping[str, Tag]
    year: int
    rng: Random
    _errands: int = field(default=0, init=False)

    def year_of(self, channels: Mapping[Channel, int]) -> list[Press]:
        """Exactly so many presses a channel, the twelve bad ones among them, in order of time."""
        bad = self.bad_ones()
        taken = Counter(press.channel for press in bad)
        if any(taken[channel] > channels[channel] for channel in taken):
            raise ValueError(f"the twelve bad ratings need at least {dict(taken)} presses")
        rest = [
            self.ordinary(channel)
            for channel, count in channels.items()
            for _ in range(count - taken[channel])
        ]
        return sorted([*bad, *rest], key=lambda press: press.at)

    def bad_ones(self) -> list[Press]:
        """The presses of the plot, in its order."""
        return [self._bad(position, bad) for position, bad in enumerate(PLOT)]

    def ordinary(self, channel: Channel) -> Press:
        """A good press."""
        office = self._office()
        form = {"level": int(self._level(office)), **self._place(office, channel)}
        form["tags"] = self._tags(form["level"])
        if self.rng.random() < NAMED:
            form |= self._rater() | {"comment": "谢谢，办得很好。（合成）"}
        linked = self.rng.random() < LINKED
        return self._press(self._moment(channel), office, channel, form, linked)

    def unrated_errands(self, count: int) -> list[Form]:
        """Errands that nobody rates, in order of time."""
        reports = (self._unrated(self._office()) for _ in range(count))
        return sorted(reports, key=lambda report: str(report["reached_at"]))

    def _unrated(self, office: Office) -> Form:
        moment = days.in_opening_hours(self.rng, days.working_days(self.year))
        window = self.rng.choice(office.windows + office.unrated_windows)
        return self._errand(moment, office, self.rng.choice(list(office.items)), window)

    def _bad(self, position: int, bad: Bad) -> Press:
        office = next(each for each in self.county.offices if each.id == bad.unit)
        form = {"level": int(bad.level), **self._place(office, bad.channel)}
        form |= {"tags": list(bad.tags), "comment": f"{bad.comment}（合成）"}
        rater = self._rater()
        contact = {"phone": rater.pop("phone")}
        form |= rater if bad.named else {}
        form |= contact if bad.contact else {}
        moment = days.at(day_of(position, self.year), 14 * 60 + position)
        return self._press(moment, office, bad.channel, form, bad.linked)

    def _press(
        self, at: datetime, office: Office, channel: Channel, form: Form, linked: bool
    ) -> Press:
        form |= {"rating_id": self._id(), "channel": channel.value, "pressed_at": at.isoformat()}
        form["item"] = self.rng.choice(list(office.items))
        if not linked:
            return Press(at, form)
        reached = at - timedelta(minutes=self.rng.randrange(1, 10))
        errand = self._errand(reached, office, form["item"], form.get("window"))
        form |= {name: errand[name] for name in ("source_system", "errand_number")}
        return Press(at, form, errand)

    def _errand(self, at: datetime, office: Office, item: str, window: str | None) -> Form:
        self._errands += 1
        kept = self.rng.random() < PROMISE_KEPT
        promised = at + timedelta(days=2 if kept else -1)
        return {
            "source_system": SYSTEM,
            "errand_number": f"{office.id}-{self.year}-{self._errands:06}",
            "stage": "completed",
            "item": item,
            "unit": office.id,
            "window": window,
            "reached_at": at.isoformat(),
            "promised_by": promised.isoformat(),
        }

    def _place(self, office: Office, channel: Channel) -> Form:
        if channel is Channel.TERMINAL:
            return {"device": office.terminal}
        if channel not in IN_HALLS:
            return {"unit": office.id}
        window = self.rng.choice(office.windows)
        place: Form = {"window": window, "staff": clerk(window)}
        return place | ({"device": f"tablet-{window}"} if channel is Channel.TABLET else {})

    def _office(self) -> Office:
        offices = self.county.offices
        return self.rng.choices(offices, [office.busy for office in offices])[0]

    def _level(self, office: Office) -> Level:
        if self.rng.random() < office.pleased:
            return Level.VERY_SATISFIED
        satisfied = self.rng.random() < SATISFIED_SHARE
        return Level.SATISFIED if satisfied else Level.BASICALLY_SATISFIED

    def _tags(self, level: int) -> list[str]:
        fitting = [c for c, tag in self.tags.items() if tag.level == level and not tag.retired]
        return self.rng.sample(fitting, self.rng.randint(1, 2) * (self.rng.random() < TAGGED))

    def _rater(self) -> dict[str, str]:
        number = self.rng.randrange(10_000)
        return {
            "name": f"群众{number:04}（合成）",
            "phone": f"1390000{number:04}",
            "certificate": certificate(number),
            "address": f"渭源县合成路{number}号",
        }

    def _moment(self, channel: Channel) -> datetime:
        if channel in IN_HALLS:
            return days.in_opening_hours(self.rng, days.working_days(self.year))
        return days.online(self.rng, days.all_days(self.year))

    def _id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))


def certificate(number: int) -> str:
    """A certificate of nobody alive, with the check digit that follows (GB 11643)."""
    first = f"6211231800{number // 1000 + 1:02}01{number % 1000:03}"
    total = sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True))
    return first + CHECK_DIGITS[total % 11]


def malformed(press: Press) -> Iterator[Form]:
    """Forms that the edge must refuse, each with an error at the field that is wrong."""
    yield press.form | {"level": 9}
    yield press.form | {"level": 5, "tags": ["110"]}
    yield press.form | {"pressed_at": (press.at + timedelta(days=400)).isoformat()}
    yield press.form | {"phone": "no number"}
    yield press.form | {"stars": 5}
    yield {name: value for name, value in press.form.items() if name != "rating_id"}
