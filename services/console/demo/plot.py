"""The plot: twelve bad ratings, and what the county's officers do about each. Synthetic. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.console.demo.days import working_days
from services.contracts.vocabulary import Channel, Closing, Level


@dataclass(frozen=True)
class Act:
    """What somebody does so many working days after the press, at a minute of that day.

    `until` names a field of the case and the value that it then has to take (or contain) by
    itself; an act without a move only waits for that. `evidence` is filed before the move.
    """

    day: int
    minute: int
    who: str
    move: str | None = None
    says: dict[str, Any] = field(default_factory=dict)
    until: tuple[str, Any] | None = None
    evidence: str | None = None


@dataclass(frozen=True)
class Script:
    """A course of acts, and what must have become of the case when the curtain falls."""

    name: str
    acts: tuple[Act, ...]
    closing: Closing
    on_time: bool = True


@dataclass(frozen=True)
class Bad:
    """One bad rating: who gave it, where, and which script its case plays."""

    script: Script
    unit: str
    channel: Channel
    level: Level
    tags: tuple[str, ...]
    comment: str
    named: bool = True
    contact: bool = True
    linked: bool = False


TEXT = "已核实并整改，已向当事人说明。（合成）"
CLAIM = Act(1, 570, "officer", "claim")
VERIFY = Act(1, 660, "officer", "verify", {"reached": True})
MISSED = Act(1, 660, "officer", "verify", {"reached": False})
APPEAL = Act(
    1, 690, "officer", "appeal", {"reason": "申请复核（合成）"}, evidence="录像截图（合成）.png"
)
SATISFIED, DISSATISFIED, UNREACHABLE = (
    {"result": "satisfied"},
    {"result": "dissatisfied", "reason": "问题没有解决（合成）"},
    {"result": "unreachable"},
)


def submit(day: int) -> Act:
    """The officer reports that it is rectified."""
    return Act(day, 960, "officer", "submit", {"text": TEXT})


def call(day: int, found: dict[str, Any]) -> Act:
    """The caller rings the rater up."""
    return Act(day, 600, "caller", "callback", found)


def rung(day: int, name: str) -> Act:
    """The ladder has reached a rung, without anybody doing anything."""
    return Act(day, 540, "dispatcher", until=("escalations", f"1:{name}"))


IN_TIME = Script(
    "rectified in time", (CLAIM, VERIFY, submit(5), call(6, SATISFIED)), Closing.SATISFIED
)
EXPLAINED = Script(
    "no legal basis, explained",
    (
        CLAIM,
        Act(2, 640, "officer", "explain", {"text": "现行规定不支持该诉求，已说明依据。（合成）"}),
        Act(3, 640, "approver", "confirm"),
        call(4, SATISFIED),
    ),
    Closing.SATISFIED,
)
UPHELD = Script(
    "appeal upheld, rating invalid",
    (
        CLAIM,
        APPEAL,
        Act(
            3,
            630,
            "auditor",
            "uphold",
            {"reason": "误评（合成）", "invalidity": "wrong"},
            until=("mark_pending", False),
        ),
    ),
    Closing.INVALIDATED,
)
REFUSED = Script(
    "appeal refused, then rectified",
    (
        CLAIM,
        APPEAL,
        Act(3, 630, "auditor", "refuse", {"reason": "差评属实（合成）"}),
        submit(8),
        call(9, SATISFIED),
    ),
    Closing.SATISFIED,
)
OVERDUE = Script(
    "overdue, escalated, done late",
    (
        CLAIM,
        VERIFY,
        rung(15, "amber"),
        rung(16, "red"),
        rung(19, "supervised"),
        submit(21),
        call(22, SATISFIED),
    ),
    Closing.SATISFIED,
    on_time=False,
)
REWORKED = Script(
    "call-back dissatisfied, reworked",
    (CLAIM, VERIFY, submit(4), call(5, DISSATISFIED), submit(9), call(10, SATISFIED)),
    Closing.SATISFIED,
)
NOT_REACHED = Script(
    "named rater not reached",
    (CLAIM, MISSED, submit(4), *(call(day, UNREACHABLE) for day in (5, 6, 7))),
    Closing.UNREACHABLE,
)
NO_CONTACT = Script(
    "anonymous, nobody to call",
    (CLAIM, Act(1, 660, "officer", "verify"), submit(5)),
    Closing.NO_CONTACT,
)

L1, L2 = Level.VERY_DISSATISFIED, Level.DISSATISFIED
MOBILE, PC, TABLET, TERMINAL = Channel.MOBILE, Channel.PC, Channel.TABLET, Channel.TERMINAL
PLOT = (
    Bad(IN_TIME, "swj", MOBILE, L2, ("209",), "说好当天办结，等了三天。"),
    Bad(UPHELD, "gaj", TABLET, L1, ("115",), "按错了。", linked=True),
    Bad(IN_TIME, "rsj", PC, L2, ("211",), "网上提交一直报错。", linked=True),
    Bad(REWORKED, "scj", TERMINAL, L2, ("210", "213"), "同一份证明交了两次。"),
    Bad(NO_CONTACT, "ybj", TABLET, L2, ("214",), "态度不好。", named=False, contact=False),
    Bad(OVERDUE, "zrj", MOBILE, L1, ("110", "113"), "跑了三个部门还没有办好。", linked=True),
    Bad(IN_TIME, "town-b", TABLET, L2, ("208",), "没有告诉我要带什么。", named=False),
    Bad(REFUSED, "zjj", PC, L1, ("108",), "要了指南以外的材料。", linked=True),
    Bad(IN_TIME, "gaj", MOBILE, L2, ("212",), "预约了还要重新排队。"),
    Bad(NOT_REACHED, "jtj", TERMINAL, L2, ("213",), "不熟悉业务。"),
    Bad(EXPLAINED, "ybj", PC, L2, ("207",), "我的情况为什么不能报销？"),
    Bad(IN_TIME, "town-c", MOBILE, L1, ("114",), "来了两次才办好。", linked=True),
)
LAST_SHARE = 0.86


def day_of(position: int, year: int) -> date:
    """The working day of a bad rating: spread over the year, with room to finish the last case."""
    days = working_days(year)
    return days[int(len(days) * LAST_SHARE * (position + 0.5) / len(PLOT))]
