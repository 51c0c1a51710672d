"""The indicators (指标): each a small named object that says what it counts and why. Pure.

Only 差评率 and the names are published; the denominators were inferred from published months
(开封, 渭源, 汕尾, 嵊州, 广东) and are stated here so that anybody may object.
"""

from __future__ import annotations

from collections.abc import Callable

from services.score.facts import Facts
from services.score.measure import Direction, Figure, Indicator, Measured, NoData, measure
from services.score.printing import LOWER_RATE, POINTS
from services.score.tally import points_sum
from services.score.verdict import CaseAtCutOff, Verdict


def _cases(test: Callable[[CaseAtCutOff], bool]) -> Figure:
    return lambda facts: sum(test(case) for case in facts.valid_cases)


INDICATORS: dict[str, Indicator] = {
    indicator.key: indicator
    for indicator in (
        Indicator(
            "good_rate",
            "好评率",
            "(非常满意 + 满意 + 基本满意) ÷ 评价数",
            lambda facts: facts.good(facts.levels),
            lambda facts: facts.levels.total(),
            source="临武 counts 基本满意 as good; fits 开封, 渭源, 汕尾",
        ),
        Indicator(
            "bad_rate",
            "差评率",
            "差评数 ÷ 评价数",
            lambda facts: facts.levels.total() - facts.good(facts.levels),
            lambda facts: facts.levels.total(),
            source="深圳 2024: 3,591 ÷ 23,736,000 = 0.015 %",
            direction=Direction.LOWER,
            printing=LOWER_RATE,
        ),
        Indicator(
            "active_good_rate",
            "主动好评率",
            "主动评价中的好评 ÷ 主动评价数",
            lambda facts: facts.good(facts.active),
            lambda facts: facts.active.total(),
            source="term of GB/T 39734-2020; 嵊州: 80,955 ÷ 81,129",
            excludes="default ratings (默认评价); invalid ratings; appends (追评)",
        ),
        Indicator(
            "participation_rate",
            "参评率",
            "已评办件 ÷ 评价期已满的办件",
            lambda facts: facts.did.errands.rated,
            lambda facts: facts.did.errands.due,
            source="淄博高新区 2023Q3: 11,710 ÷ 11,710; each errand and stage once",
            excludes="errands that may still be rated at cut-off",
        ),
        Indicator(
            "unrated_rate",
            "未评率",
            "未评办件 ÷ 评价期已满的办件",
            lambda facts: facts.did.errands.due - facts.did.errands.rated,
            lambda facts: facts.did.errands.due,
            source="GB/T 39734-2020 (新华社 2020-12-28)",
            excludes="errands that may still be rated at cut-off",
            direction=Direction.LOWER,
            printing=LOWER_RATE,
        ),
        Indicator(
            "service_quality",
            "政务服务质量",
            "Σ(分值 × 评价数) ÷ Σ 评价数, out of 10",
            lambda facts: points_sum(facts.levels, facts.rules.levels.points),
            lambda facts: facts.levels.total(),
            source="inferred; fits 广东 2021-01 (9.9727); points of 汕尾 2020-08",
            printing=POINTS,
        ),
        Indicator(
            "rectified_rate",
            "差评整改率",
            "已整改 ÷ (已整改 + 超期未结)",
            _cases(lambda case: case.done),
            _cases(lambda case: case.due),
            source="广东 (closed ÷ valid tickets)",
            excludes="invalidated cases; cases not yet due; cases of other sources than a rating",
            no_data=NoData.DUTY,
        ),
        Indicator(
            "rectified_on_time_rate",
            "按时整改率",
            "按时整改 ÷ (已整改 + 超期未结)",
            _cases(lambda case: case.verdict is Verdict.DONE_ON_TIME),
            _cases(lambda case: case.due),
            source="广东 2023, 浙江, 河南",
            excludes="invalidated cases; cases not yet due; cases of other sources than a rating",
            no_data=NoData.DUTY,
        ),
        Indicator(
            "replied_rate",
            "差评回复率",
            "已回复 ÷ (已整改 + 超期未结)",
            _cases(lambda case: case.due and case.replied),
            _cases(lambda case: case.due),
            source="GB/T 39734-2020 stresses it; the denominator is ours",
            excludes="invalidated cases; cases not yet due",
            no_data=NoData.DUTY,
        ),
        Indicator(
            "called_back_rate",
            "实名差评回访率",
            "已回访到的实名差评 ÷ 应回访的实名差评",
            _cases(lambda case: case.named and case.reached),
            _cases(lambda case: case.named and case.callback_due),
            source="国办发〔2019〕51号: 100 %",
            excludes="anonymous ratings; invalidated cases; call-backs not yet due",
            no_data=NoData.DUTY,
        ),
        Indicator(
            "callback_satisfied_rate",
            "回访满意率",
            "回访满意 ÷ 回访答复",
            _cases(lambda case: case.answered and case.satisfied),
            _cases(lambda case: case.answered),
            source="回访整改满意率 of GB/T 39734-2020",
            excludes="cases whose rater was not reached at a call-back; invalidated cases",
            no_data=NoData.DUTY,
        ),
        Indicator(
            "hall_reach",
            "大厅推广度",
            "有主动评价的大厅和窗口 ÷ 有服务的大厅和窗口",
            lambda facts: len(facts.rated_places),
            lambda facts: len(facts.served_places),
            source="ours; named in 番禺's table, definition published nowhere that we found",
            excludes="windows that served nobody",
            sample=lambda facts: facts.did.errands.reported,
        ),
        Indicator(
            "on_time_rate",
            "按时办结率",
            "承诺时限内办结 ÷ 有承诺时限的办结件",
            lambda facts: facts.did.errands.on_time,
            lambda facts: facts.did.errands.promised,
            source="promised time of GB/T 39046-2020 (承诺时限)",
            excludes="errands without a promised time, or not completed",
        ),
        Indicator(
            "item_coverage",
            "评价覆盖事项率",
            "有评价的事项 ÷ 在办事项",
            lambda facts: len(facts.rated_items),
            lambda facts: len(facts.offered),
            source="开封: 99.39 %",
            excludes="items not on offer at cut-off",
            sample=lambda facts: facts.active.total(),
        ),
    )
}


def measure_all(facts: Facts) -> dict[str, Measured]:
    """Every indicator for these facts."""
    return {key: measure(indicator, facts) for key, indicator in INDICATORS.items()}
