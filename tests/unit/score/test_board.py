"""The board: places among peers, and what the API shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from services.contracts.directory import Directory, Unit
from services.contracts.period import Period
from services.contracts.verdict import Verdict
from services.contracts.vocabulary import Channel, Standing, Turn
from services.score import views
from services.score.board import Context, Scoring
from services.score.facts import UnitFacts
from services.score.months import Month
from services.score.tally import Cell, combined
from tests.unit.score.town import (
    COMPOSITE,
    CUT_OFF,
    DIRECTORY,
    EFFICIENCY,
    RULES,
    case,
    cell,
    did,
)

ZONE = RULES.region.zone
PERIOD = Period.parse("2020-12")
CONTEXT = Context.of(RULES, [COMPOSITE, EFFICIENCY], DIRECTORY, CUT_OFF)
BY_UNIT = {
    "tax": did({5: 100}, (case(Verdict.OVERDUE_OPEN),)),
    "land": did({5: 100}, (case(Verdict.OVERDUE_OPEN),)),
    "land-north": did({5: 10}),
}


def board(by_unit: dict[str, UnitFacts] = BY_UNIT) -> views.View:
    """The whole board."""
    return views.board(Scoring(CONTEXT, COMPOSITE, by_unit), PERIOD, lambda unit: True)


def lines() -> dict[str, views.View]:
    """The lines of the board by unit."""
    return {line["unit"]: line for line in board()["units"]}


def test_equal_printed_scores_share_a_place_among_peers() -> None:
    ranked = {unit: line["rank"] for unit, line in lines().items()}
    assert ranked == {"county": None, "tax": 1, "land": 1, "land-north": None}


def test_a_unit_without_a_sample_is_listed_not_ranked_with_its_quarter() -> None:
    small = lines()["land-north"]
    assert (small["ranked"], small["quarter"], small["score"]) == (False, "2020-Q4", None)


def test_a_unit_that_was_not_there_in_the_period_is_listed_only_if_something_was_counted() -> None:
    def bureau(id: str, **there: datetime) -> Unit:
        return Unit(id=id, name=id, parent="county", peers="bureaus", **there)

    first, next_month = datetime(2020, 12, 1, tzinfo=ZONE), datetime(2021, 1, 1, tzinfo=ZONE)
    units = (
        bureau("dissolved", active_to=first),
        bureau("merged on the 2nd", active_to=datetime(2020, 12, 2, tzinfo=ZONE)),
        bureau("rated once more", active_to=first),
        bureau("founded in January", active_from=next_month),
    )
    known = Context.of(RULES, [COMPOSITE], Directory(units=(*DIRECTORY.units, *units)), CUT_OFF)
    by_unit = BY_UNIT | {"rated once more": did({5: 1})}
    told = views.board(Scoring(known, COMPOSITE, by_unit), PERIOD, lambda unit: True)
    listed = [line["unit"] for line in told["units"]]
    assert listed == [*DIRECTORY.unit, "merged on the 2nd", "rated once more"]


def test_the_region_holds_every_unit_even_one_the_registry_lost() -> None:
    lost = {**BY_UNIT, "dissolved": did({1: 1})}
    region = board(lost)["region"]
    assert region["counts"]["ratings"]["stored"] == 211
    assert region["counts"]["cases"]["overdue_open"] == 2


def test_one_sees_only_the_units_of_ones_scope() -> None:
    shown = views.board(Scoring(CONTEXT, COMPOSITE, BY_UNIT), PERIOD, {"tax"}.__contains__)
    assert [line["unit"] for line in shown["units"]] == ["tax"]


def test_raw_and_official_counts_stand_side_by_side() -> None:
    cells = {
        cell(5, Channel.PC): 4,
        cell(1, Channel.PC, standing=Standing.INVALID): 1,
        cell(1, Channel.QR): 3,
        cell(5, Channel.QR, turn=Turn.APPEND): 2,
    }
    happened = UnitFacts(cells=combined([cells]))
    counted = board({"tax": happened})["region"]["counts"]
    assert counted["ratings"] == {
        "stored": 10,
        "valid": 9,
        "invalid": 1,
        "appends": 2,
        "in_levels": 7,
        "good": 4,
        "bad": 3,
    }
    assert counted["channels"]["pc"]["share"]["printed"] == "62.50%"
    assert counted["levels"] == {"5": 4, "4": 0, "3": 0, "2": 0, "1": 3}


def test_every_code_has_its_sum_even_when_it_is_none() -> None:
    cells: dict[Cell, int] = {cell(5): 2}
    shown = views.tallies_view(cells, fresh=True)
    assert shown["by_level"] == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 2}
    assert shown["by_standing"] == {"valid": 2, "invalid": 0}
    assert (shown["total"], shown["fresh"]) == (2, True)


def test_the_head_tells_the_revision_in_force_and_the_local_cut_off() -> None:
    shown = views.head(PERIOD, Month(period="2020-12"), CONTEXT)
    assert (shown["state"], shown["revision"]) == ("open", 0)
    assert datetime.fromisoformat(shown["cut_off"]) == datetime(2021, 2, 1, tzinfo=UTC)
    assert shown["cut_off"].endswith("+08:00")


def test_what_is_shown_is_plain_json_and_the_context_survives_it() -> None:
    assert json.loads(json.dumps(board())) == board()
    assert (
        Context.model_validate(json.loads(json.dumps(CONTEXT.model_dump(mode="json")))) == CONTEXT
    )
