"""Nobody can read a rater: what they said about themselves is looked for wherever it could lie."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from services.console.demo.client import ADMINISTRATOR, Api
from services.console.demo.custody import Custody, begin_resealing, settle
from services.console.demo.plan import YEAR, Plan
from services.console.demo.reconcile import Check
from services.contracts.actor import Role

ABOUT_THEMSELVES = ("name", "phone", "certificate", "address")
WRITTEN = "comment"
PREFIX = 3
ZIPPED = b"PK\x03\x04"
MOST_NAMED = 5
Case = Mapping[str, Any]


@dataclass
class Needles:
    """What was planted, looked for in one thing after the other; `found` says where it was."""

    values: Sequence[str]
    looked: int = 0
    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = {value[:PREFIX] for value in self.values}

    def look(self, where: str, text: str | bytes) -> None:
        """Look for every value in a text; of bytes, whatever can be read of them."""
        self.looked += 1
        read = text if isinstance(text, str) else text.decode(errors="ignore")
        if any(start in read for start in self._starts):
            self.found += [f"{where}: {value}" for value in self.values if value in read]


def planted(plan: Plan, fields: Iterable[str]) -> list[str]:
    """Everything that raters gave in these fields, whatever became of their press."""
    presses = (*plan.presses, *plan.unknown, *plan.again)
    return sorted({p.form[name] for p in presses for name in fields if name in p.form})


def expected_sealed(plan: Plan) -> int:
    """How many of the stored presses have something personal."""
    personal = (*ABOUT_THEMSELVES, WRITTEN)
    return sum(any(name in press.form for name in personal) for press in plan.presses)


@dataclass(frozen=True)
class Leaks:
    """What was found in each place, and that there was something to find."""

    places: Mapping[str, Needles]
    sealed: int
    revealed: bool
    custody: Custody

    def checks(self, plan: Plan) -> Iterator[Check]:
        """Nothing is readable anywhere, though everything is there and can be opened."""
        yield Check("raters sealed or forgotten", expected_sealed(plan), self.sealed, None)
        yield Check("rater found by number and revealed", 1, None, int(self.revealed))
        yield from self.custody.checks()
        for name, needles in self.places.items():
            found = len(needles.found) if needles.looked else "nobody looked"
            yield Check(f"personal values in {name}", 0, found, None)

    @property
    def sentences(self) -> list[str]:
        """Where something was readable."""
        return [where for each in self.places.values() for where in each.found[:MOST_NAMED]]


def search(
    plan: Plan,
    keys: Mapping[str, str],
    api: Api,
    uri: str,
    database: str,
    logs: Path,
    messages: Iterable[bytes],
) -> Leaks:
    """Look everywhere; `messages` are all that has travelled over the bus.

    `keys`: by case, the key of the rating that it is about.
    """
    hidden = planted(plan, (*ABOUT_THEMSELVES, WRITTEN))
    names = ("the database", "messages", "logs", "answers and exports")
    places = {name: Needles(hidden) for name in names[:-1]}
    places[names[-1]] = Needles(planted(plan, ABOUT_THEMSELVES))
    cases = api.get(Role.DISPATCHER, "rectify", "/v1/cases?limit=200")["items"]
    begin_resealing(api)
    revealed = shows_to_the_caller(plan, keys, api, cases)
    for where, content in answers(api, cases):
        places["answers and exports"].look(where, content)
    for body in messages:
        places["messages"].look("a message", body)
    sealed = in_database(uri, database, places["the database"])
    for file in sorted(logs.rglob("*")):
        if file.is_file():
            places["logs"].look(file.name, file.read_bytes())
    calm = next(each for each in cases if each["closing"] == "satisfied")
    return Leaks(places, sealed, revealed, settle(api, uri, database, calm, keys[calm["id"]]))


def shows_to_the_caller(
    plan: Plan, keys: Mapping[str, str], api: Api, cases: Sequence[Case]
) -> bool:
    """Whether the caller finds the case by its number, and is shown the rater to be told."""
    case = next(each for each in cases if each["closing"] == "invalidated")
    press = next(each for each in plan.bad if each.key == keys[case["id"]])
    asked = {"command_id": "leaks", "phone": press.form["phone"]}
    found = api.post(Role.CALLER, "rectify", "/v1/cases:by-phone", asked)["items"]
    why = {"command_id": "leaks", "reason": "告知评价人（合成）"}
    shown = api.post(Role.CALLER, "rectify", f"/v1/cases/{case['id']}/reveal", why)
    return case["id"] in {each["id"] for each in found} and all(
        shown[name] == press.form[name] for name in (*ABOUT_THEMSELVES, WRITTEN)
    )


def answers(api: Api, cases: Sequence[Case]) -> Iterator[tuple[str, bytes]]:
    """What is answered to who may not know a rater, spreadsheets unpacked."""
    for who, service, path in (*_fixed(), *_of_cases(cases), *_of_rows(api)):
        content = api.read(who, service, path)
        yield path, content
        if content.startswith(ZIPPED):
            yield from unpacked(path, content)


def unpacked(where: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Every file in an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield f"{where} {name}", archive.read(name)


def _fixed() -> Iterator[tuple[str, str, str]]:
    for form in ("csv", "xlsx"):
        yield Role.SUPERVISOR, "rectify", f"/v1/cases:export?format={form}"
    yield Role.SUPERVISOR, "rectify", f"/v1/cases/figures?period={YEAR}"
    yield Role.SUPERVISOR, "rectify", "/v1/grants"
    yield Role.SCORER, "score", f"/v1/months/{YEAR}"
    yield ADMINISTRATOR, "store", "/v1/watch"
    yield ADMINISTRATOR, "store", "/v1/keys"


def _of_cases(cases: Sequence[Case]) -> Iterator[tuple[str, str, str]]:
    yield Role.DISPATCHER, "rectify", "/v1/cases?limit=200"
    for case in cases:
        for part in ("", "/rater", "/deadline"):
            yield Role.DISPATCHER, "rectify", f"/v1/cases/{case['id']}{part}"


def _of_rows(api: Api) -> Iterator[tuple[str, str, str]]:
    for state in ("open", "final"):
        path = f"/v1/quarantine?state={state}"
        yield ADMINISTRATOR, "store", path
        for row in api.get(ADMINISTRATOR, "store", path):
            yield ADMINISTRATOR, "store", f"/v1/quarantine/{row['id']}"


def in_database(uri: str, name: str, needles: Needles) -> int:
    """Look into every document of every collection; how many ratings had something to seal."""
    with MongoClient[dict[str, Any]](uri) as client:
        db = client[name]
        for collection in db.list_collection_names():
            for document in db[collection].find():
                needles.look(f"{collection} {document['_id']}", "\n".join(texts(document)))
        sealed, forgotten = ({name: {"$ne": None}} for name in ("sealed", "erased"))
        return db["ratings"].count_documents({"$or": [sealed, forgotten]})


def texts(value: Any) -> Iterator[str]:
    """Every name and every text in a document, however deep, and what can be read of bytes."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield str(name)
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
    elif isinstance(value, bytes):
        yield value.decode(errors="ignore")
    elif isinstance(value, str):
        yield value
