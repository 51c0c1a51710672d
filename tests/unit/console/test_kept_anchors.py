"""What was kept elsewhere proves something, or whoever holds it up is told that it does not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.console.app import program
from services.contracts.anchors import Top, summary
from services.errors import Invalid

KEY, DAY = b"k" * 32, date(2020, 3, 5)
HELD_UP = {
    "audit": ("audit", "verify", "--against"),
    "cases": ("case", "verify", "--all", "--against"),
}


def kept(folder: Path, ledger: str) -> Path:
    """A file as `anchors` writes it."""
    made = summary(KEY, ledger, DAY, [Top(part="store", number=3, seal="ab")])
    file = folder / f"{ledger}.json"
    file.write_text(made.model_dump_json())
    return file


@pytest.mark.parametrize(("asked", "given"), [("audit", "cases"), ("cases", "audit")])
def test_anchors_of_cases_and_of_the_audit_are_not_taken_for_each_other(
    asked: str, given: str, tmp_path: Path
) -> None:
    """They name other parts, and so nothing would be held up to anything, and all be whole."""
    with pytest.raises(Invalid, match=f"no anchors of {asked}"):
        _verify(asked, kept(tmp_path, given))


@pytest.mark.parametrize("asked", HELD_UP)
@pytest.mark.parametrize("text", ["", "number,at\n1,2020-03-05\n", "[]", '{"tops": 1}'])
def test_a_file_that_no_anchors_are_in_is_told_in_a_sentence(
    asked: str, text: str, tmp_path: Path
) -> None:
    file = tmp_path / "anchors.json"
    file.write_text(text)
    with pytest.raises(Invalid, match="anchors` writes them"):
        _verify(asked, file)


def _verify(ledger: str, file: Path) -> None:
    first, *words = HELD_UP[ledger]
    asked = [first, *words, str(file), "--token", "mine", "--url", "http://127.0.0.1:1"]
    CliRunner().invoke(program(first), asked, catch_exceptions=False)
