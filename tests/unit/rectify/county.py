"""A small county to think in: a bureau, a unit below it with a branch, and the people of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.adapters.rulebook import load_rules
from services.contracts.actor import Actor, Role
from services.contracts.directory import Directory, Principal, Unit, Window
from services.contracts.events import BadRatingStored
from services.contracts.rectification import rating_case_id
from services.contracts.rules import Rules
from services.contracts.vocabulary import Channel, Level
from services.rectify.attachment import Attachment
from services.rectify.case import legal_moves, move
from services.rectify.decision import Act, Office, Scene
from services.rectify.facts import Case, Command, Move
from services.rectify.opening import for_rating, opened
from services.rectify.parties import SYSTEM

ZONE = ZoneInfo("Asia/Shanghai")
RULES: Rules = load_rules(Path(__file__).parents[3] / "config" / "rules", "weiyuan")
MONDAY = datetime(2020, 3, 2, 10, tzinfo=ZONE)
KEY = b"k" * 32
"""The installation's key, with which the history of a case is chained."""
PEOPLE = {
    "li": ("officer", "social", None),
    "wu": ("officer", "social", None),
    "wang": ("officer", "social", "w1"),
    "zhao": ("approver", "social", None),
    "inner": ("auditor", "social", None),
    "qian": ("officer", "north", None),
    "sun": ("officer", "bureau", None),
    "dong": ("dispatcher", "bureau", None),
    "shen": ("auditor", "bureau", None),
    "he": ("caller", "bureau", None),
    "du": ("supervisor", "bureau", None),
}
DIRECTORY = Directory(
    units=(
        Unit(id="bureau", name="政务服务局"),
        Unit(id="social", name="社保局", parent="bureau"),
        Unit(id="north", name="社保局北分局", parent="social"),
        Unit(id="empty", name="没有经办人的单位", parent="bureau"),
    ),
    windows=(Window(id="w1", name="1号窗口", hall="hall", unit="social"),),
    principals=tuple(
        Principal(id=id, name=id, roles=frozenset({Role(role)}), unit=unit, window=window)
        for id, (role, unit, window) in PEOPLE.items()
    ),
)


def actor(id: str, directory: Directory = DIRECTORY) -> Actor:
    """The actor that the registry would make of this person."""
    person = next(each for each in directory.principals if each.id == id)
    scope = directory.subtree(person.unit) if person.unit else frozenset[str]()
    return Actor(id, person.roles, person.unit, scope)


def office(
    now: datetime = MONDAY, rules: Rules = RULES, directory: Directory = DIRECTORY
) -> Office:
    """The circumstances at `now`."""
    return Office(rules, directory, now)


def changed(rules: Rules = RULES, **blocks: Mapping[str, Any]) -> Rules:
    """Rules with some values changed, block by block."""
    whole = rules.model_dump()
    for name, values in blocks.items():
        whole[name] |= values
    return Rules.model_validate(whole)


def bad_rating(**facts: Any) -> BadRatingStored:
    """A bad rating of the social security office, with a way to reach the rater."""
    known: dict[str, Any] = {
        "rating_key": "biz:0001:completed:1:1",
        "level": Level.DISSATISFIED,
        "channel": Channel.TABLET,
        "unit": "social",
        "linked": True,
        "named": True,
        "contactable": True,
        "has_text": True,
        "pressed_at": MONDAY,
    }
    return BadRatingStored.model_validate(known | facts)


def opened_case(at: datetime = MONDAY, rules: Rules = RULES, **facts: Any) -> Case:
    """A case for a bad rating, dispatched by the registry."""
    there = office(at, rules)
    rating = bad_rating(**facts)
    return opened(for_rating(rating, rating_case_id(KEY, rating.rating_key), there), there).case


def act(case: Case, by: str, what: Move | str, now: datetime = MONDAY, **said: Any) -> Act:
    """Somebody asks for a move."""
    command = Command.model_validate(
        {"command_id": f"{by}-{case.version}", "move": what, "expected_version": case.version}
        | said
    )
    return Act(case, actor(by), office(now), command)


PHOTO = Attachment(
    id="photo-1", name="a.png", type="image/png", size=1, sha256="0", by="li", at=MONDAY
)


def filing(case: Case, by: str) -> Act:
    """Somebody files a photo."""
    return replace(act(case, by, Move.ATTACH, command_id="photo"), file=PHOTO)


SAYS: dict[str, dict[str, Any]] = {
    "return": {"reason": "not ours"},
    "appeal": {"reason": "wrong person", "evidence": ("photo-1",)},
    "uphold": {"reason": "proven", "invalidity": "wrong"},
    "refuse": {"reason": "not proven"},
    "explain": {"text": "the law does not allow it"},
    "decline": {"reason": "rectify it"},
    "submit": {"text": "apologised and trained"},
    "satisfied": {"move": "callback", "result": "satisfied"},
    "dissatisfied": {"move": "callback", "result": "dissatisfied", "reason": "still rude"},
    "unreachable": {"move": "callback", "result": "unreachable"},
    "overturn": {"reason": "evidence was forged"},
    "ask_extension": {"reason": "parts are missing"},
    "deny_extension": {"reason": "no need"},
    "pause": {"reason": "the citizen is travelling"},
    "supervise": {"reason": "press report"},
}


def told(case: Case, line: str, now: datetime = MONDAY) -> Case:
    """The case after one line such as `li claim` or `he satisfied`."""
    by, what = line.split()
    said = {"move": what} | SAYS.get(what, {})
    if "evidence" in said:
        case = case.model_copy(update={"files": (PHOTO,)})
    return move(act(case, by, said.pop("move"), now, **said)).case


def story(case: Case, lines: str, now: datetime = MONDAY) -> Case:
    """The case after several lines, parted by commas, a minute apart."""
    steps = enumerate(line.strip() for line in lines.split(","))
    return reduce(
        lambda at, step: told(at, step[1], now + step[0] * timedelta(minutes=1)), steps, case
    )


def lived(lines: str = "", now: datetime = MONDAY, **facts: Any) -> Case:
    """A case opened at that time for a bad rating, after these lines, if there are any."""
    case = opened_case(now, **facts)
    return story(case, lines, now) if lines else case


def moves_of(case: Case, who: str) -> set[str]:
    """What this person could do now."""
    return {each["move"] for each in legal_moves(Scene(case, actor(who), office()))}


def heard(case: Case, what: Move, append: Level | None = None) -> Case:
    """The case after the store has said something."""
    command = Command(command_id=f"e{case.version}", move=what, expected_version=case.version)
    return move(Act(case, SYSTEM, office(), command, append=append)).case
