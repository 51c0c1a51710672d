"""What is personal goes, the press stays: its level, tags, place and time count as before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from services.adapters.mongo import Db, Document, by_ids
from services.adapters.outcome import Done, Later, Outcome
from services.contracts.commands import EraseRater
from services.contracts.keys import first_key
from services.contracts.privacy import Privacy
from services.contracts.rectification import case_id, told_with
from services.contracts.rules import Rules
from services.store.intake import local_day
from services.store.personal import Personal
from services.store.quarantine import Quarantine

AT_ONCE = 500
ON_ITS_WAY = Later("not_here_yet: no such rating is stored or in quarantine")


def obey(command: EraseRater, db: Db, now: datetime) -> Outcome:
    """Erase a rating's personal fields, its append's, and payloads of both in the quarantine.

    What has not come here yet may still be on the bus: it is waited for. Who ordered it so early
    did not know the key either.
    """
    personal, rows = Personal(db), Quarantine(db)
    found = personal.with_append(command.rating_key or personal.key_of(command.rating_id))
    personal.erase([each["_id"] for each in found], command.why, now)
    ids = {command.rating_id, *(str(each["rating_id"]) for each in found)}
    erased = [rows.erase(id, command.why, now) for id in sorted(ids)]
    return Done() if found or any(erased) else ON_ITS_WAY


def sweep(db: Db, policy: Privacy, rules: Rules, now: datetime) -> int:
    """Erase what the policy no longer keeps of presses without a case, and of settled rows.

    Those with a case, about them or told with their receipt, are left to rectify, which knows when
    it was closed.
    """
    keep, personal = policy.keep_days, Personal(db)
    due = personal.older_than(local_day(now - timedelta(days=keep.press), rules), AT_ONCE)
    with_case = set(_with_case(db, due))
    personal.hand_over([each["_id"] for each in due if each["_id"] in with_case])
    alone = [each["_id"] for each in due if each["_id"] not in with_case]
    personal.erase(alone, "retention", now)
    settled = Quarantine(db).erase_settled(now - timedelta(days=keep.quarantine), AT_ONCE, now)
    return len(due) + settled


def _with_case(db: Db, ratings: Sequence[Document]) -> Iterator[str]:
    firsts = {each["_id"]: first_key(each) for each in ratings}
    told = {key: case_id(told_with(id)) for key, id in _first_ids(db, firsts).items()}
    about = _values(db, firsts.values(), "rating_key")
    reported = _values(db, told.values(), "_id")
    return (key for key in firsts if firsts[key] in about or told.get(key) in reported)


def _first_ids(db: Db, firsts: Mapping[str, str]) -> dict[str, str]:
    """Each rating and the id on whose receipt its rater tells: that of the first one."""
    found = by_ids(db["ratings"], set(firsts.values()), {"rating_id": 1})
    ids = {each["_id"]: str(each["rating_id"]) for each in found}
    return {key: ids[first] for key, first in firsts.items() if first in ids}


def _values(db: Db, wanted: Iterable[str], name: str) -> set[str]:
    """Which of them a case has under this name."""
    return {each[name] for each in by_ids(db["cases"], set(wanted), {name: 1}, name)}
