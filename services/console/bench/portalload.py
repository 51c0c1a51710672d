"""A county behind the pages: its people, open cases, a published month, and one that is live."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from urllib.parse import quote

from services.adapters.clock import MovableClock
from services.adapters.migrating import BEGINNING, TIMES
from services.adapters.migrating import MIGRATIONS as MIGRATED
from services.adapters.mongo import Db, Document, ensure_indexes
from services.adapters.registry import COLLECTION, CURRENT
from services.adapters.sealing import Sealer
from services.capture.links import Subject, key_of
from services.console.bench import caseload, scoreload
from services.console.bench.load import RULES
from services.console.bench.scoreload import Counted, inserted
from services.console.bench.scoring import closer
from services.console.pages import Known
from services.console.stack.secrets import Secrets
from services.contracts.actor import Role
from services.contracts.directory import Device, Directory, Item
from services.contracts.receipts import code_of
from services.contracts.vocabulary import Channel
from services.rectify.facts import Case
from services.rectify.repository import CASES
from services.rectify.repository import INDEXES as OF_CASES
from services.score.closing import Closing
from services.score.repository import INDEXES as OF_SCORES
from services.store.counting import SETTLED_AFTER
from services.store.migrations import MIGRATIONS

BEFORE, LIVE, BEFORE_SHARE = "2020-09", scoreload.MONTH, 0.1
NOW = datetime(2020, 10, 30, 10, tzinfo=UTC)
"""Six in the evening of the last Friday of October: the day's ratings are in."""
RATER = {"name": "王小明", "phone": "13800001234", "comment": "等了两个小时，没有人说明原因。"}
PEOPLE = {
    Role.OFFICER: caseload.officer(0),
    Role.DISPATCHER: caseload.DISPATCHER,
    Role.SUPERVISOR: "bench-supervisor",
    Role.SCORER: "bench-scorer",
    Role.CLERK: "bench-clerk",
    Role.ADMINISTRATOR: "bench-administrator",
}
"""Who signs in in each role; the token is the same word."""
EXAMINED = "u0"
"""The unit whose pages are looked at."""


@dataclass(frozen=True)
class Size:
    """How much there is: open cases, ratings of the live month, and units."""

    cases: int = 20_000
    ratings: int = 1_000_000
    units: int = 300


def directory(units: int) -> Directory:
    """So many units below the county, each with a window and a device, and all who act."""
    flat = scoreload.directory(units)
    root = next(each for each in caseload.DIRECTORY.units if each.id == caseload.ROOT)
    clerk = caseload.person(PEOPLE[Role.CLERK], Role.CLERK, "u0")
    return Directory(
        version=1,
        units=(root, *(each.model_copy(update={"parent": root.id}) for each in flat.units)),
        windows=flat.windows,
        devices=tuple(
            Device(id=f"d{n}", name=f"{n}号评价器", unit=f"u{n}", window=f"w{n}")
            for n in range(units)
        ),
        items=tuple(
            Item(id=f"i{n}", name=f"事项{n}", unit=f"u{n % units}") for n in range(caseload.ITEMS)
        ),
        principals=(
            *caseload.DIRECTORY.principals,
            *(
                caseload.person(caseload.officer(n), Role.OFFICER, f"u{n}")
                for n in range(caseload.UNITS, units)
            ),
            caseload.person(PEOPLE[Role.SUPERVISOR], Role.SUPERVISOR, root.id),
            caseload.person(PEOPLE[Role.SCORER], Role.SCORER, root.id),
            caseload.person(PEOPLE[Role.ADMINISTRATOR], Role.ADMINISTRATOR, None),
            clerk.model_copy(update={"window": "w0"}),
        ),
    )


@dataclass(frozen=True)
class County:
    """Puts a county of this size into an empty database, before any service looks at it."""

    db: Db
    secrets: Secrets
    size: Size

    def settle(self) -> None:
        """It is `NOW`; everything is counted, and checked but for today."""
        ensure_indexes(self.db, {**OF_CASES, **OF_SCORES})
        known = directory(self.size.units)
        registry = {"version": known.version, "directory": known.model_dump(mode="json")}
        self.db[COLLECTION].replace_one({"_id": CURRENT}, registry)
        MovableClock(self.db).move_to(NOW)
        counted = Counted()
        ratings = counted.through(chain(self._of_cases(), self._of_months()))
        for _ in inserted(self.db, filter(_is_read, ratings)):
            pass
        counted.keep(self.db)
        scoreload.check(self.db, date.fromisoformat(f"{BEFORE}-01"), NOW.date() - timedelta(days=1))
        self._publish(known)
        self._is_up_to_date()

    def _is_up_to_date(self) -> None:
        """Nothing was stored by an older version: what would be migrated was, long ago."""
        done = {"place": BEGINNING, "times": TIMES, "ended_at": NOW}
        self.db[MIGRATED].insert_many({"_id": each.name, **done} for each in MIGRATIONS)

    def _of_months(self) -> Iterator[Document]:
        for month, share in ((BEFORE, BEFORE_SHARE), (LIVE, 1.0)):
            chance = random.Random(month)
            everywhere = scoreload.places(self.size.units, month)
            where = scoreload.spread(int(self.size.ratings * share), everywhere, chance)
            yield from scoreload.ratings(where, chance)

    def _of_cases(self) -> Iterator[Document]:
        """The ratings of the cases that are opened, each with its rater and their words sealed."""
        sealer = Sealer(self.db, self.secrets.master_key_file.read_bytes())
        sealer.ensure_key()
        steps = list(caseload.aged(self.size.cases, NOW, units=self.size.units))
        caseload.keep(self.db, iter(steps), self.secrets.ledger_key_file.read_bytes())
        return _ratings([each.case for each in steps], sealer.seal(RATER))

    def _publish(self, known: Directory) -> None:
        closing = closer(self.db, known, NOW)
        closing.close(BEFORE, Closing(accept=("undecided",)), PEOPLE[Role.SCORER])
        closing.publish(BEFORE, PEOPLE[Role.SCORER])

    def known(self, turns: int) -> Known:
        """What the addresses of pages need, so many of each that no limit of uses is met."""
        secret = self.secrets.ledger_key_file.read_bytes()
        cases = list(self.db[CASES].find({"handler": "u0"}, {"rating_key": 1}, limit=turns))
        rows = self.db["quarantine"].find({}, {"_id": 1}, limit=turns)
        links = (_subject(number).token(key_of(secret)) for number in range(turns))
        plates = (_plate(number % self.size.units).token(key_of(secret)) for number in range(turns))
        return {
            "case": [each["_id"] for each in cases],
            "receipt": [code_of(secret, uuid.UUID(each["rating_key"])) for each in cases],
            "row": [quote(each["_id"]) for each in rows],
            "link": list(links),
            "plate": list(plates),
            "device": ["d0"],
            "window": ["w0"],
            "unit": [EXAMINED],
            "region": [caseload.ROOT],
            "person": [PEOPLE[Role.CLERK]],
            "words": [quote("单位1")],
            "days": [f"first={NOW.date()}&last={NOW.date()}"],
            "live": [LIVE],
            "published": [BEFORE],
        }


def _is_read(rating: Document) -> bool:
    """Whether a page reads it one by one: bad ones, those of the days that the watch counts, and
    those of the unit whose figure is taken apart.
    """
    recent = rating["day"] >= f"{(NOW - SETTLED_AFTER).date()}"
    return recent or rating["level"] in RULES.levels.bad or rating["unit"] == EXAMINED


def _subject(number: int) -> Subject:
    about = {"source_system": caseload.SENDER, "errand_number": f"E{number}", "window": "w0"}
    over = NOW + timedelta(days=30)
    return Subject(channel=Channel.SMS, issued_by=caseload.SENDER, expires=over, **about)


def _plate(number: int) -> Subject:
    return Subject(channel=Channel.QR, issued_by=caseload.SENDER, window=f"w{number}")


def _ratings(cases: list[Case], sealed: bytes) -> Iterator[Document]:
    chance = random.Random("ratings of cases")
    for case in cases:
        about = {"channel": case.channel, "item": case.item, "tags": list(case.tags)}
        of_rater = {"named": True, "contactable": True, "has_text": True, "sealed": sealed}
        rating = scoreload.rating((case.rating_day, case.unit), int(case.level or 2), chance)
        keys = {"_id": case.rating_key, "rating_id": case.rating_key}
        yield {**rating, **about, **of_rater, **keys}
