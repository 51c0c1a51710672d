"""What rectification (整改) is known by: the id of a case, and the rates, said once for all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.contracts.subkeys import subkey
from services.contracts.verdict import CaseAtCutOff, Verdict
from services.contracts.vocabulary import CaseSource


def case_id(about: str) -> str:
    """The id of the one case about a reference; so were once also those of ratings made."""
    return f"case-{hashlib.blake2s(about.encode(), digest_size=8).hexdigest()}"


def rating_case_id(secret: bytes, rating_key: str) -> str:
    """The id of the one case about a rating; `secret` is the ledger's key.

    Whoever sits at a window knows the numbers of its errands, and sees the ids of its cases:
    without a key they would try which number fits, and know who complained.
    """
    key = subkey(secret, "cases")
    return f"case-{hashlib.blake2s(rating_key.encode(), digest_size=8, key=key).hexdigest()}"


def told_with(rating_id: str) -> str:
    """What a case about a forced review is about that was told with the receipt of this rating."""
    return f"{CaseSource.FORCED_REVIEW}:{receipt_reference(rating_id)}"


def receipt_reference(rating_id: str) -> str:
    """The reference of such a case."""
    return f"receipt:{rating_id}"


Test = Callable[[CaseAtCutOff], bool]
NOT_YET = "认定无效的工单；未到期的工单"


@dataclass(frozen=True)
class CaseRate:
    """A share of cases of bad ratings: those that `counts` among those that `of` holds for."""

    key: str
    name: str
    definition: str
    counts: Test
    of: Test
    source: str
    excludes: str

    def share(self, cases: Iterable[CaseAtCutOff]) -> tuple[int, int]:
        """Numerator and denominator among the cases whose rating counts."""
        within = [case for case in cases if case.valid]
        return sum(map(self.counts, within)), sum(map(self.of, within))


CASE_RATES = (
    CaseRate(
        "rectified_rate",
        "差评整改率",
        "已整改 ÷ (已整改 + 超期未结)",
        lambda case: case.done,
        lambda case: case.due,
        source="广东（办结 ÷ 有效工单）",
        excludes=f"{NOT_YET}；不是由评价产生的工单",
    ),
    CaseRate(
        "rectified_on_time_rate",
        "按时整改率",
        "按时整改 ÷ (已整改 + 超期未结)",
        lambda case: case.verdict is Verdict.DONE_ON_TIME,
        lambda case: case.due,
        source="广东 2023, 浙江, 河南",
        excludes=f"{NOT_YET}；不是由评价产生的工单",
    ),
    CaseRate(
        "replied_rate",
        "差评回复率",
        "已回复 ÷ (已整改 + 超期未结)",
        lambda case: case.due and case.replied,
        lambda case: case.due,
        source="GB/T 39734-2020 强调；分母为本系统口径",
        excludes=NOT_YET,
    ),
    CaseRate(
        "called_back_rate",
        "实名差评回访率",
        "已回访到的实名差评 ÷ 应回访的实名差评",
        lambda case: case.named and case.reached,
        lambda case: case.named and case.callback_due,
        source="国办发〔2019〕51号: 100 %",
        excludes="匿名评价；认定无效的工单；未到期的回访",
    ),
    CaseRate(
        "callback_satisfied_rate",
        "回访满意率",
        "回访满意 ÷ 回访答复",
        lambda case: case.answered and case.satisfied,
        lambda case: case.answered,
        source="GB/T 39734-2020 回访整改满意率",
        excludes="回访未联系上的工单；认定无效的工单",
    ),
)
