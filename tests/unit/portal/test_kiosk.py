"""The kiosk's page before it is shown: its edition, its files, its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.adapters.pages import AssetsOnDisk
from services.adapters.pages.edition import edition
from services.adapters.rulebook import RulesInForce, load_rules
from services.adapters.settings import ROOT
from services.portal.kiosk import Kiosk, english

RULES = ROOT / "config" / "rules"
PLACES = sorted(path.stem for path in RULES.glob("*.yaml") if path.stem != "tags")


@pytest.mark.parametrize("place", PLACES)
def test_every_tag_that_a_citizen_may_choose_has_an_english_name(place: str) -> None:
    shown = [tag.label for tag in load_rules(RULES, place).tags.values() if not tag.retired]
    assert shown
    assert [label for label in shown if english(label) == label] == []


def test_a_text_without_english_stays_as_it_is() -> None:
    assert english("没有这句话") == "没有这句话"


def test_a_changed_file_makes_another_edition(tmp_path: Path) -> None:
    now, later = tmp_path / "now", tmp_path / "later"
    for folder, content in ((now, "1"), (later, "2")):
        folder.mkdir()
        (folder / "kiosk.js").write_text(content)
    assert edition(now) != edition(later)
    assert edition(now) == edition(now)


def test_the_worker_keeps_the_page_and_every_file_but_itself() -> None:
    kiosk = Kiosk()
    kiosk.assets, kiosk.rulebook = AssetsOnDisk(), RulesInForce(load_rules(RULES, "weiyuan"))
    first, *others = kiosk._kept()
    names = {path.rpartition("/")[2] for path in others}
    assert first == "/kiosk/"
    assert {"kiosk.js", "kiosk.css", "outbox.js", "haoping.css", "icon.svg"} <= names
    assert "worker.js" not in names
