"""The policy of what is personal, as it is read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from services.adapters.privacy import load_privacy
from services.adapters.settings import ROOT
from services.errors import Misconfigured

GOOD = """
version: 2
reveal_seconds: 90
keep_days: {case: 30, press: 20, quarantine: 10}
"""


def read(folder: Path, text: str) -> object:
    """The policy of a file."""
    (folder / "privacy.yaml").write_text(text)
    return load_privacy(folder)


def test_the_policy_that_comes_with_us_keeps_nothing_for_ever() -> None:
    policy = load_privacy(ROOT / "config")
    assert policy.lasts == timedelta(seconds=60)
    assert max(policy.keep_days.model_dump().values()) <= 365


def test_a_house_sets_its_own(tmp_path: Path) -> None:
    read(tmp_path, GOOD)
    assert load_privacy(tmp_path).label == "privacy v2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("case: 30", "case: 0"), "keep_days.case"),
        (GOOD.replace("90", "9000"), "reveal_seconds"),
        (GOOD.replace("press: 20, ", ""), "keep_days.press"),
        (GOOD + "more: 1", "more"),
        ("[", "cannot be read"),
    ],
)
def test_a_wrong_policy_stops_the_service_and_says_where(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(Misconfigured, match=said):
        read(tmp_path, text)


def test_a_missing_policy_is_said_too(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        load_privacy(tmp_path)
