"""A notice as a mail: which case, what happened, until when; nothing about the rater. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

from services.rectify.deadlines import derive
from services.rectify.decision import Office
from services.rectify.facts import Case
from services.rectify.notices import Kind

SUBJECTS = {
    Kind.OPENED: ("新的差评工单", "A new case"),
    Kind.MOVED: ("差评工单有新进展", "A case has moved"),
    Kind.DUE_SOON: ("差评工单即将到期", "A case is due soon"),
    Kind.OVERDUE: ("差评工单已超期", "A case is overdue"),
    Kind.CLOSED: ("差评工单已办结", "A case is closed"),
    Kind.INVALIDATED: (
        "评价被认定无效，请告知评价人",
        "A rating was found invalid: tell the rater",
    ),
}


def letter(notice: Mapping[str, Any], case: Case, to: str, office: Office) -> EmailMessage:
    """The mail of a notice; its Message-ID is the notice's, however often it is sent."""
    zh, en = SUBJECTS[Kind(notice["kind"])]
    mail = EmailMessage()
    mail["Subject"] = f"{zh} {case.id}"
    mail["To"] = to
    mail["Message-ID"] = f"<{notice['_id']}@haoping>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{zh}（{en}）\n\n" + "\n".join(_lines(case, office)) + "\n")
    return mail


def _lines(case: Case, office: Office) -> list[str]:
    directory = office.directory
    unit, item = directory.unit.get(case.unit), directory.item.get(case.item or "")
    due = derive(case, office.rules).due_at
    when = due.astimezone(office.rules.region.zone).strftime("%Y-%m-%d %H:%M") if due else "-"
    return [
        f"工单 case: {case.id}",
        f"单位 unit: {unit.name if unit else case.unit}",
        f"事项 item: {item.name if item else '-'}",
        f"状态 state: {case.state}",
        f"期限 due: {when}",
    ]
