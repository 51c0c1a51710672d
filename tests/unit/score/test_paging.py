"""What happened over days, page by page."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.period import NotADay
from services.score.paging import Document, Place, page

DAYS = [date(2026, 10, 1) + timedelta(days=n) for n in range(6)]
HAPPENED = st.dictionaries(
    st.sampled_from(DAYS), st.sets(st.text("ab~:-1", min_size=1, max_size=3)), max_size=len(DAYS)
)


@given(HAPPENED, st.integers(min_value=1, max_value=5))
def test_pages_together_tell_everything_once_and_none_is_longer_than_it_may_be(
    happened: dict[date, set[str]], most: int
) -> None:
    def ask(place: Place, most: int) -> list[Document]:
        keys = sorted(key for key in happened.get(place.day, ()) if key > place.after)
        return [{"_id": key, "day": place.day} for key in keys[:most]]

    told, begins = page(DAYS, None, ask, most)
    pages = [told]
    while begins is not None:
        told, begins = page(DAYS, Place.read(f"{begins}"), ask, most)
        pages.append(told)
    everything = [(day, key) for day in DAYS for key in sorted(happened.get(day, ()))]
    assert [(each["day"], each["_id"]) for told in pages for each in told] == everything
    assert all(len(each) == most for each in pages[:-1])
    assert not everything or pages[-1]


def test_a_cursor_that_no_page_gave_is_refused() -> None:
    with pytest.raises(NotADay):
        Place.read("next")
