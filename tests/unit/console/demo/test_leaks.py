"""What is looked for is found wherever it lies open, so that finding nothing means something."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from services.console.demo.county import build
from services.console.demo.custody import Custody
from services.console.demo.leaks import (
    ABOUT_THEMSELVES,
    WRITTEN,
    Leaks,
    Needles,
    expected_sealed,
    planted,
    texts,
    unpacked,
)
from services.console.demo.plan import SEED, Plan, draw
from services.console.demo.presses import certificate
from services.console.demo.published import apportioned, weiyuan_channels
from services.console.demo.rules import tags
from services.contracts.masking import is_certificate

VALUES = ["群众0001（合成）", "13900000001", "渭源县合成路1号"]


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A small year."""
    return draw(build(), tags(), apportioned(weiyuan_channels(), 600))


@pytest.mark.parametrize(
    "document",
    [
        {"a": "电话13900000001"},
        {"a": [{"b": ("x", {"c": "13900000001"})}]},
        {"13900000001": 1},
        {"a": "群众0001（合成）".encode()},
        {"a": b'\x00\xff{"address": "' + "渭源县合成路1号".encode() + b'"}'},
    ],
)
def test_a_value_is_found_however_deep_it_lies(document: Any) -> None:
    needles = Needles(VALUES)
    needles.look("ratings 1", "\n".join(texts(document)))
    assert len(needles.found) == 1
    assert needles.found[0].startswith("ratings 1: ")


def test_what_is_masked_or_hashed_is_not_taken_for_it() -> None:
    needles = Needles(VALUES)
    needles.look(
        "x", "\n".join(texts({"a": "139****0001", "b": datetime.now(UTC), "c": 13, "d": None}))
    )
    assert (needles.found, needles.looked) == ([], 1)


def test_spreadsheets_are_unpacked() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", f"<c>{VALUES[0]}</c>")
    needles = Needles(VALUES)
    needles.look("packed", content.getvalue())
    for where, each in unpacked("export", content.getvalue()):
        needles.look(where, each)
    assert needles.found == [f"export sheet.xml: {VALUES[0]}"]


def test_every_kind_of_value_is_planted(plan: Plan) -> None:
    for name in (*ABOUT_THEMSELVES, WRITTEN):
        assert len(planted(plan, [name])) > 1
    assert expected_sealed(plan) >= len(plan.bad)


def test_a_place_where_nobody_looked_is_no_clean_one(plan: Plan) -> None:
    clean, leaking = Needles(VALUES, looked=3), Needles(VALUES, 1, ["log: x"])
    places = {"a": clean, "b": leaking, "c": Needles(VALUES)}
    leaks = Leaks(places, expected_sealed(plan), True, Custody(2, 0, True, True))
    held = {check.name.rpartition(" ")[2]: check.holds for check in leaks.checks(plan)}
    kept = {"forgotten": True, "revealed": True, "keys": True, "key": True, "request": True}
    assert held == {"a": True, "b": False, "c": False, **kept}
    assert leaks.sentences == ["log: x"]


def test_certificates_of_the_story_have_the_check_digit_of_real_ones() -> None:
    rng = Random(SEED)
    assert all(is_certificate(certificate(rng.randrange(10_000))) for _ in range(200))
