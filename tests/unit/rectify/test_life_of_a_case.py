"""Whatever people, clocks and replicas do, a case is never stuck, lost, or escalated twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import mongomock
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.adapters.mongo import Db
from services.contracts.events import AppendStored, RatingInvalidated
from services.contracts.ledger import first_broken
from services.contracts.verdict import CaseAtCutOff
from services.contracts.vocabulary import CaseState, Invalidity, Level
from services.errors import Refused
from services.rectify import desk, hearing
from services.rectify.case import TABLE, legal_moves, move
from services.rectify.deadlines import BEFORE_SUBMITTED, derive
from services.rectify.decision import Act, Office, Scene
from services.rectify.examining import fault
from services.rectify.facts import Case, Command, Move
from services.rectify.history import escalated
from services.rectify.listing import Query
from services.rectify.rederiving import rederive_open
from services.rectify.repository import Cases
from services.rectify.rewinding import rewound
from tests.unit.rectify.county import (
    KEY,
    MONDAY,
    PEOPLE,
    PHOTO,
    RULES,
    actor,
    bad_rating,
    changed,
    filing,
    office,
)

NEEDED: dict[str, Any] = {
    "reason": "because",
    "text": "done",
    "evidence": (PHOTO.id,),
    "invalidity": "wrong",
    "assignee": "sun",
    "handler": "bureau",
}


def possible(case: Case, there: Office) -> list[tuple[str, dict[str, Any]]]:
    """Every legal move of everybody, with what it needs."""
    return [
        (
            who,
            {k: v for k, v in legal.items() if k != "needs"}
            | {n: NEEDED[n] for n in legal["needs"]},
        )
        for who in PEOPLE
        for legal in legal_moves(Scene(case, actor(who), there))
    ]


def command(said: dict[str, Any], version: int, id: str) -> Command:
    """The command that asks for it."""
    return Command.model_validate({**said, "command_id": id, "expected_version": version})


def closes(case: Case, there: Office) -> bool:
    """Whether legal moves lead to closed, by breadth-first search over the states."""
    seen, queue = {case.state}, deque([case])
    while queue:
        at = queue.popleft()
        if at.state is CaseState.CLOSED:
            return True
        for who, said in possible(at, there):
            act = Act(at, actor(who), there, command(said, at.version, "s"))
            after = move(act).case
            if after.state not in seen:
                seen.add(after.state)
                queue.append(after)
    return False


class LifeOfACase(RuleBasedStateMachine):
    """One case, everybody who may touch it, two replicas of the service, and a moving clock."""

    @initialize(contactable=st.booleans(), unit=st.sampled_from(["social", "north", "empty"]))
    def open(self, contactable: bool, unit: str) -> None:
        self.now, self.asked, self.in_force = MONDAY, 0, RULES
        self.past: list[tuple[datetime, CaseAtCutOff]] = []
        self.db: Db = mongomock.MongoClient(tz_aware=True)["life"]
        self.replicas = (Cases(self.db, KEY, RULES), Cases(self.db, KEY, RULES))
        self.rating = bad_rating(contactable=contactable, unit=unit, window="w1")
        hearing.hear(self.replicas[0], self.office, self.rating)
        self.id = self.replicas[0].id_about(self.rating.rating_key)
        (before,) = (cases.find(self.id) for cases in self.replicas[:1])
        assert before is not None
        filed = filing(before.case, "du")
        assert self.replicas[0].save(before, move(filed), filed.command)

    @property
    def office(self) -> Office:
        return office(self.now, self.in_force)

    @property
    def case(self) -> Case:
        found = self.replicas[0].find(self.id)
        assert found is not None
        return found.case

    @rule(days=st.integers(0, 12), hours=st.integers(0, 23))
    def wait(self, days: int, hours: int) -> None:
        document = self.replicas[0].whole_case(self.id)
        if days or hours:
            self.past.append((self.now, CaseAtCutOff.of(document, self.now)))
        self.now += timedelta(days=days, hours=hours)
        for at, stood in self.past:
            then = rewound(document, at, self.in_force)
            assert then is not None
            assert CaseAtCutOff.of(then, at) == stood

    @rule(data=st.data())
    def make_a_legal_move(self, data: st.DataObject) -> None:
        choices = possible(self.case, self.office)
        if not choices:
            return
        who, said = data.draw(st.sampled_from(choices))
        self.asked += 1
        wanted = command(said, self.case.version, f"c{self.asked}")
        first, again = (
            desk.make_move(cases, self.office, actor(who), self.id, wanted)
            for cases in self.replicas
        )
        assert first.case == again.case

    @rule(who=st.sampled_from(sorted(PEOPLE)), row=st.sampled_from(TABLE))
    def ask_for_any_move(self, who: str, row: Any) -> None:
        before = self.case
        said = {"move": row.move, "result": row.result} | {n: NEEDED[n] for n in row.needs}
        self.asked += 1
        wanted = command(said, before.version, f"c{self.asked}")
        legal = {each["move"] for each in legal_moves(Scene(before, actor(who), self.office))}
        try:
            desk.make_move(self.replicas[1], self.office, actor(who), self.id, wanted)
        except Refused:
            assert self.case == before
        else:
            assert row.move in legal

    @rule()
    def two_act_at_once(self) -> None:
        choices = possible(self.case, self.office)[:2]
        if len(choices) < 2:
            return
        version, refused = self.case.version, 0
        for who, said in choices:
            self.asked += 1
            wanted = command(said, version, f"c{self.asked}")
            try:
                desk.make_move(self.replicas[0], self.office, actor(who), self.id, wanted)
            except Refused:
                refused += 1
        assert refused == 1
        assert self.case.version == version + 1

    @rule()
    def sweep_on_both_replicas(self) -> None:
        found = [cases.due(self.now, 10) for cases in self.replicas]
        written = [
            self._escalate(cases, each) for cases, each in zip(self.replicas, found, strict=True)
        ]
        assert sum(written) == (1 if found[0] else 0)
        assert derive(self.case, self.in_force).come(self.now) == ()

    def _escalate(self, cases: Cases, found: Sequence[Any]) -> int:
        steps = [
            (b, escalated(b.case, derive(b.case, self.in_force).come(self.now), self.office))
            for b in found
        ]
        return sum(cases.escalate(before, step, self.now) for before, step in steps)

    @rule(count=st.integers(1, 20))
    def the_rules_change_on_both_replicas(self, count: int) -> None:
        term = {"count": count, "unit": "working_days"}
        newer = self.in_force.model_copy(update={"version": self.in_force.version + 1})
        self.in_force = changed(newer, deadlines={"rectify": {"ordinary": term, "complex": term}})
        before, opened = self.case, self.case.state is not CaseState.CLOSED
        rederive_open(self.replicas[0], self.office)
        self.replicas = (Cases(self.db, KEY, self.in_force), Cases(self.db, KEY, self.in_force))
        told = [rederive_open(cases, self.office) for cases in self.replicas]
        assert told == [1 if opened else 0, 0]
        assert self.case.version <= before.version + 1

    @rule(level=st.sampled_from(Level))
    def append(self, level: Level) -> None:
        first = self.rating.rating_key
        event = AppendStored(rating_key="a", first_key=first, level=level, pressed_at=self.now)
        hearing.hear(self.replicas[1], self.office, event)

    @rule()
    def the_store_marks_what_was_upheld(self) -> None:
        if self.case.mark_pending:
            event = RatingInvalidated(
                rating_key=self.rating.rating_key,
                reason=Invalidity.WRONG,
                command_id=f"{self.id}:{self.case.version}",
            )
            hearing.hear(self.replicas[0], self.office, event)
            assert not self.case.mark_pending

    @rule()
    def the_rater_objects(self) -> None:
        before = self.case
        open_to = before.state is CaseState.CLOSED and before.invalidated
        try:
            hearing.system_move(
                self.replicas[0], self.office, self.id, Move.OBJECT, "objection", "hmac-sha256:0"
            )
        except Refused:
            assert self.case == before
        else:
            assert self.case.objected
            assert before.objected or (open_to and self.case.objecting)

    @rule()
    def the_bad_rating_is_heard_again(self) -> None:
        before = self.case
        hearing.hear(self.replicas[1], self.office, self.rating)
        assert self.case == before

    @invariant()
    def somebody_can_do_something_and_closed_can_be_reached(self) -> None:
        case = self.case
        assert case.state is CaseState.CLOSED or possible(case, self.office)
        assert closes(case, self.office)

    @invariant()
    def its_history_is_whole(self) -> None:
        history = self.replicas[0].history(self.id)
        assert [entry["version"] for entry in history] == list(range(1, self.case.version + 1))
        assert first_broken(KEY, history) is None
        for before, after in pairwise(history):
            assert before["after"] == after["before"]

    @invariant()
    def each_rung_is_recorded_once_in_a_round(self) -> None:
        escalations = self.case.escalations
        assert len(escalations) == len(set(escalations))
        moves = [entry["move"] for entry in self.replicas[0].history(self.id)]
        assert sum(move.startswith("escalate:") for move in moves) == len(escalations)

    @invariant()
    def nothing_is_overdue_without_a_mark_or_a_rung_to_come(self) -> None:
        case, deadlines = self.case, derive(self.case, self.in_force)
        due = deadlines.rectify.due
        if case.state in BEFORE_SUBMITTED and due and due < self.now:
            marked = f"{case.round}:red" in case.escalations
            assert marked or any(rung.name == "red" for rung in deadlines.come(self.now))

    @invariant()
    def it_is_never_lost_and_stands_where_its_deadline_says(self) -> None:
        rows = list(self.replicas[0].rows(Query(frozenset({"bureau", "social", "north", "empty"}))))
        assert [row["_id"] for row in rows] == [self.id]
        case = self.case
        closed, paused = case.state is CaseState.CLOSED, case.paused
        assert rows[0]["order"][0] == ("3" if closed else "2" if paused else "1")
        assert (rows[0]["due_at"] is None) == closed

    @invariant()
    def it_is_closed_once_for_each_time_it_was_open(self) -> None:
        document = self.db["cases"].find_one({"_id": self.id}) or {}
        told = [entry["type"] for entry in document["outbox"]].count("CaseClosed")
        ends = [
            entry["before"] != "closed" and entry["after"] == "closed"
            for entry in document["history"]
        ]
        assert told == sum(ends)

    @invariant()
    def its_history_is_examined_and_found_whole(self) -> None:
        assert fault(KEY, self.replicas[0].whole_case(self.id)) is None

    @invariant()
    def it_is_with_nobody_whom_the_rating_was_about(self) -> None:
        assert self.case.assignee != "wang"

    @invariant()
    def it_is_closed_exactly_when_it_says_how(self) -> None:
        case = self.case
        assert (case.state is CaseState.CLOSED) == (case.closing is not None)
        assert (case.state is CaseState.CLOSED) == (case.closed_at is not None)


TestLifeOfACase = LifeOfACase.TestCase
TestLifeOfACase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
