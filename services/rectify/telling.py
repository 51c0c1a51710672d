"""Tells people and systems: pins notices up when something happens, and has them carried out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.adapters.mail import Post
from services.adapters.mongo import Document
from services.adapters.outcome import Done, Outcome
from services.adapters.webhooks import Answer, Sender
from services.contracts.events import CaseClosed, CaseMoved, CaseOpened
from services.contracts.message import Message
from services.contracts.signing import ID, SIGNATURE, TIMESTAMP, signature
from services.contracts.vocabulary import CaseState
from services.rectify import parties
from services.rectify.decision import Office
from services.rectify.facts import Case
from services.rectify.mailing import letter
from services.rectify.noticeboard import Noticeboard, Subscriptions
from services.rectify.notices import REMINDERS, Kind, next_try, notices, opens_at
from services.rectify.repository import Cases

Open = Callable[[bytes], Mapping[str, str]]
TOLD = CaseOpened | CaseMoved | CaseClosed


@dataclass(frozen=True)
class Teller:
    """What is needed to tell; `wall` is the wall clock's time, by which tries are counted."""

    board: Noticeboard
    subscriptions: Subscriptions
    cases: Cases
    office: Office
    wall: datetime
    sender: Sender
    post: Post
    open: Open

    def hear(self, message: Message) -> Outcome:
        """Pin up the notices of an event; with neither webhooks nor mail there are none."""
        subscribers = [each for each in self.subscriptions.all() if each.active]
        if not isinstance(message, TOLD) or not (subscribers or self.post.enabled):
            return Done()
        kept = self.cases.find(message.case_id)
        if kept is not None:
            made = notices(message, kept.case, self.office, subscribers, self.post.enabled)
            self.board.pin(made, self.office.now, self.wall)
        return Done()

    def due(self, limit: int) -> list[Document]:
        """The notices that were claimed for this replica just now."""
        found = self.board.due(self.office.now, self.wall, limit)
        going = (each for each in found if not self._is_held(each))
        return [each for each in going if self.board.claim(each, self.wall)]

    def _is_held(self, notice: Document) -> bool:
        """Whether it has to wait once more: the offices have closed since it was last tried."""
        opens = opens_at(Kind(notice["kind"]), notice["way"], self.office)
        if opens <= self.office.now:
            return False
        self.board.hold(notice, opens)
        return True

    def carry_out(self, notice: Document) -> None:
        """Try a notice that was claimed, and record what came of it."""
        kept = self.cases.find(notice["case"])
        if kept is None or _is_stale(notice, kept.case):
            self.board.settle(notice, state="dropped", detail="the case is closed by now")
            return
        answer = (
            self._by_mail(notice, kept.case) if notice["way"] == "mail" else self._by_web(notice)
        )
        again = None if answer.gone else next_try(notice["attempts"] + 1, self.wall)
        if answer.delivered:
            self.board.settle(notice, state="sent", sent_at=self.wall, detail=answer.detail)
        elif again is None:
            self.board.settle(notice, state="failed", detail=answer.detail)
        else:
            self.board.settle(notice, try_at=again, detail=answer.detail)

    def _by_web(self, notice: Document) -> Answer:
        found = self.subscriptions.find(notice["to"], self.wall)
        if found is None or not found[0].active:
            return Answer(False, "the subscription has ended", gone=True)
        subscription, sealed = found
        made_at = notice["made_at"].isoformat()
        told = {"type": notice["kind"], "timestamp": made_at, "data": notice["body"]}
        content = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
        keys = [bytes.fromhex(self.open(each)["key"]) for each in sealed]
        headers = self._signed(notice["event"], content, keys)
        return self.sender.post(subscription.url, headers, content)

    def _signed(self, id: str, content: bytes, keys: list[bytes]) -> dict[str, str]:
        at = int(self.wall.timestamp())
        signatures = " ".join(signature(key, id, at, content) for key in keys)
        signed = {ID: id, TIMESTAMP: str(at), SIGNATURE: signatures}
        return {**signed, "Content-Type": "application/json"}

    def _by_mail(self, notice: Document, case: Case) -> Answer:
        person = parties.principal(self.office.directory, notice["to"])
        if person is None or not person.mail or not person.active(self.office.now):
            return Answer(False, "nobody with an address is registered under this id", gone=True)
        return self.post.send(letter(notice, case, person.mail, self.office))


def _is_stale(notice: Document, case: Case) -> bool:
    """A reminder that was held until the morning is not sent for a case closed meanwhile."""
    return Kind(notice["kind"]) in REMINDERS and case.state is CaseState.CLOSED
