"""What the rater is told, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Language(StrEnum):
    """The languages of a receipt; Chinese unless asked otherwise."""

    ZH = "zh"
    EN = "en"


def _both(zh: str, en: str) -> Mapping[Language, str]:
    return {Language.ZH: zh, Language.EN: en}


STAGES = {
    "received": _both("评价已收到，正在入库", "Received; it is being stored"),
    "no_case": _both("评价已入库，无需整改，谢谢", "Stored; no case is needed. Thank you"),
    "opening": _both("评价已入库，正在生成工单", "Stored; a case is being opened"),
    "undispatched": _both("工单已生成，待派发", "A case is open and waits to be dispatched"),
    "opened": _both("已派发责任单位", "The responsible unit has it"),
    "verifying": _both("责任单位正在核实", "The responsible unit is checking the facts"),
    "rectifying": _both("情况属实，正在整改", "It is true, and is being put right"),
    "awaiting_callback": _both("已整改答复，等待回访", "Put right; somebody will call you"),
    "appeal_review": _both(
        "责任单位提出申诉，上级正在复核", "The unit has appealed; others review it"
    ),
    "deciding": _both("申诉已有结论，正在登记", "The appeal is decided; it is being recorded"),
    "objection_review": _both(
        "您的异议已收到，由单位以外的人员复核", "Your objection is reviewed outside the unit"
    ),
    "closed_satisfied": _both("已办结：您表示满意", "Closed: you were satisfied"),
    "closed_dissatisfied": _both("已办结：您表示不满意", "Closed: you were not satisfied"),
    "closed_unreachable": _both("已办结：多次回访未能联系到您", "Closed: we could not reach you"),
    "closed_no_contact": _both(
        "已整改办结；未留联系方式，请在此查看答复",
        "Closed; you left no contact, see the reply here",
    ),
    "closed_invalidated": _both(
        "经复核，这条评价不计入统计", "After a review, this rating does not count"
    ),
}
WHY = {
    "wrong": _both("误评：评价对象或内容有误", "Mistaken: it is about somebody or something else"),
    "malicious": _both("经核实属恶意评价", "It was found to be malicious"),
}
EXPIRED = _both("这个回执已经过期，请拨打12345", "This receipt has expired; please call 12345")
NOT_NOW = _both("现在没有可提出异议的认定", "There is no finding now that you could object to")
ONCE = _both("您已经提出过异议，每条评价限一次", "You have objected already; it is possible once")
