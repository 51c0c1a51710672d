"""The page that shows the pictures of all pages."""

from __future__ import annotations

from services.console.pages import Reader
from tests.screens.gallery import TITLES, gallery


def test_pictures_stand_under_their_readers_in_both_widths() -> None:
    text = gallery(
        [(Reader.SCORER, "month", "/board/<period>", "zh"), (Reader.CITIZEN, "link", "/r", "en")]
    )
    assert text.index("## Citizens") < text.index("## Scorers")
    assert all(file in text for file in ("month-1440.png", "month-390.png", "link-en-390.png"))


def test_every_reader_has_a_title() -> None:
    assert set(TITLES) == set(Reader)
