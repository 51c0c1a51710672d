"""Ratings in the forms of others, each with its scale named."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import Any

import pytest

from services.contracts.period import Period
from services.score.exports import GBT_SCALE, NATIONAL_SCALE, TABLE_9, Export, exported
from services.score.happenings import Happenings
from tests.fake import fake_database
from tests.unit.score.town import DIRECTORY, RULES, rating

PRESSED = datetime(2020, 12, 1, 1, 2, 3, tzinfo=UTC)


def pressed(**changes: Any) -> dict[str, Any]:
    """A named, linked rating."""
    linked = {"errand_number": "A-1", "occurrence": 1}
    known: dict[str, Any] = {"named": True, "pressed_at": PRESSED, **linked}
    return rating(level=1, channel="tablet", **(known | changes))


def row(form: Any, **changes: Any) -> dict[str, Any]:
    """An exported rating by the heads of its columns."""
    export = Export(form, RULES, DIRECTORY)
    return dict(zip(export.heads, export.row(pressed(**changes)), strict=True))


def test_the_national_form_counts_five_as_best() -> None:
    told = row("national")
    assert (told["satisfaction"], told["pf"], told["proStatus"]) == (1, 4, 3)
    assert (told["projectNo"], told["assessTime"]) == ("A-1", "2020-12-01 09:02:03")
    assert (told["effectivEvalua"], told["anonymity"], told["evalDetail"]) == (1, 2, "110")
    assert told["scale"] == NATIONAL_SCALE


def test_table_9_has_its_nine_items_and_counts_one_as_best() -> None:
    told = row("gbt39046")
    assert TABLE_9[:9] == (
        "办件编号", "评价渠道", "评价人", "评价时间", "评价次数", "满意度", "满意度代码",
        "文字评价", "行政区划",
    )  # fmt: skip
    assert (told["满意度"], told["满意度代码"], told["评价时间"]) == (
        "非常不满意",
        5,
        "20201201T090203",
    )
    assert (told["评价渠道"], told["满意度代码表"]) == ("政务大厅平板电脑", GBT_SCALE)


@pytest.mark.parametrize("form", ["national", "gbt39046"])
def test_what_is_personal_of_an_anonymous_rater_stays_here(form: Any) -> None:
    told = [str(cell) for cell in row(form, named=False).values()]
    assert "A-1" not in told
    assert not any("09:02" in cell or "T0902" in cell for cell in told)


def test_an_export_has_every_rating_of_the_period_and_no_formula() -> None:
    db = fake_database()
    for n in range(3):
        db["ratings"].insert_one(pressed() | {"_id": f"r{n}", "day": f"2020-12-0{n + 1}"})
    db["ratings"].insert_one(pressed() | {"_id": "other", "day": "2021-01-01"})
    db["ratings"].update_one({"_id": "r0"}, {"$set": {"errand_number": "=cmd()"}})
    export = Export("national", RULES, DIRECTORY)
    text = "".join(exported(export, Happenings(db), Period.parse("2020-12")))
    lines = list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
    assert len(lines) == 3
    assert lines[0]["projectNo"] == "'=cmd()"
