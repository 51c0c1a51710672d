"""The indicators (指标): each a small named object that says what it counts and why. Pure.

Only 差评率 and the names are published; the denominators were inferred from published months
(开封, 渭源, 汕尾, 嵊州, 广东) and are stated here so that anybody may object.
"""

from __future__ import annotations

from collections.abc import Callable

from services.contracts.printing import LOWER_RATE, POINTS
from services.contracts.rectification import CASE_RATES
from services.contracts.verdict import CaseAtCutOff
from services.score.facts import Facts
from services.score.imports import FIGURES
from services.score.imports import Figure as Imported
from services.score.measure import (
    Behind,
    Direction,
    Figure,
    Indicator,
    Measured,
    NoData,
    measure,
)
from services.score.tally import points_sum


def _cases(test: Callable[[CaseAtCutOff], bool]) -> Figure:
    return lambda facts: sum(test(case) for case in facts.valid_cases)


def _imported(figure: Imported) -> Indicator:
    """A figure that another system counts; who imported it, and from what, stands beside it."""
    return Indicator(
        figure.key,
        figure.name,
        figure.definition,
        lambda facts: facts.imported[figure.key].numerator or 0,
        lambda facts: facts.imported[figure.key].denominator or 0,
        source=f"由{figure.source}导入，口径以对方为准",
        excludes="发布方未计入的",
        no_data=NoData.IMPORTED,
        behind=Behind.IMPORTS,
    )


INDICATORS: dict[str, Indicator] = {
    indicator.key: indicator
    for indicator in (
        Indicator(
            "good_rate",
            "好评率",
            "(非常满意 + 满意 + 基本满意) ÷ 评价数",
            lambda facts: facts.good(facts.levels),
            lambda facts: facts.levels.total(),
            source="临武将基本满意计为好评；与开封、渭源、汕尾公布数相符",
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
            source="GB/T 39734-2020 用语；嵊州：80,955 ÷ 81,129",
            excludes="默认评价；无效评价；追评",
        ),
        Indicator(
            "participation_rate",
            "参评率",
            "已评办件 ÷ 评价期已满的办件",
            lambda facts: facts.did.errands.rated,
            lambda facts: facts.did.errands.due,
            source="淄博高新区 2023 年三季度：11,710 ÷ 11,710；每个办件每个环节计一次",
            excludes="截止时评价期未满的办件",
            behind=Behind.ERRANDS,
        ),
        Indicator(
            "unrated_rate",
            "未评率",
            "未评办件 ÷ 评价期已满的办件",
            lambda facts: facts.did.errands.due - facts.did.errands.rated,
            lambda facts: facts.did.errands.due,
            source="GB/T 39734-2020 (新华社 2020-12-28)",
            excludes="截止时评价期未满的办件",
            direction=Direction.LOWER,
            printing=LOWER_RATE,
            behind=Behind.ERRANDS,
        ),
        Indicator(
            "service_quality",
            "政务服务质量",
            "Σ(分值 × 评价数) ÷ Σ 评价数，满分 10",
            lambda facts: points_sum(facts.levels, facts.rules.levels.points),
            lambda facts: facts.levels.total(),
            source="推算所得；与广东 2021 年 1 月（9.9727）相符；分值取自汕尾 2020 年 8 月",
            printing=POINTS,
        ),
        *(
            Indicator(
                rate.key,
                rate.name,
                rate.definition,
                _cases(rate.counts),
                _cases(rate.of),
                source=rate.source,
                excludes=rate.excludes,
                no_data=NoData.DUTY,
                behind=Behind.CASES,
            )
            for rate in CASE_RATES
        ),
        Indicator(
            "hall_reach",
            "大厅推广度",
            "有主动评价的大厅和窗口 ÷ 有服务的大厅和窗口",
            lambda facts: len(facts.rated_places),
            lambda facts: len(facts.served_places),
            source="本系统口径；番禺考核表有此项，未见公布定义",
            excludes="没有服务过人的窗口",
            sample=lambda facts: facts.did.errands.reported,
        ),
        Indicator(
            "on_time_rate",
            "按时办结率",
            "承诺时限内办结 ÷ 有承诺时限的办结件",
            lambda facts: facts.did.errands.on_time,
            lambda facts: facts.did.errands.promised,
            source="GB/T 39046-2020 承诺时限",
            excludes="没有承诺时限或未办结的办件",
            behind=Behind.ERRANDS,
        ),
        Indicator(
            "item_coverage",
            "评价覆盖事项率",
            "有评价的事项 ÷ 在办事项",
            lambda facts: len(facts.rated_items),
            lambda facts: len(facts.offered),
            source="开封: 99.39 %",
            excludes="截止时不在办的事项",
            sample=lambda facts: facts.active.total(),
        ),
        Indicator(
            "department_coverage",
            "评价覆盖部门率",
            "有评价的部门 ÷ 有在办事项的部门",
            lambda facts: len(facts.rated_departments),
            lambda facts: len(facts.departments),
            source="开封: 100 %",
            excludes="截止时没有在办事项的部门",
            sample=lambda facts: facts.active.total(),
        ),
        *map(_imported, FIGURES.values()),
    )
}


def measure_all(facts: Facts, min_sample: int | None = None) -> dict[str, Measured]:
    """Every indicator for these facts; a recipe may set a minimum sample of its own."""
    return {key: measure(each, facts, min_sample) for key, each in INDICATORS.items()}
