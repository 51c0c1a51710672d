"""Who asks too often is told when to come back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from services.adapters.http import Windows
from services.adapters.http.problems import problem
from services.adapters.settings import load_settings
from services.errors import TooMany


def windows(limits: dict[str, str] | None) -> Windows:
    """The windows of a service with these limits."""
    found: Any = Windows()
    found.container = SimpleNamespace(config={"HAOPING_LIMITS": limits})
    return found  # type: ignore[no-any-return]


def test_each_name_has_a_window_of_its_own() -> None:
    narrow = windows({"plate": "2 per hour"})
    for name in ("w1", "w1", "w2", "w2"):
        narrow.pass_or_refuse("plate", name)
    with pytest.raises(TooMany) as refusal:
        narrow.pass_or_refuse("plate", "w1")
    answer = problem(refusal.value)
    assert answer.status_code == 429
    assert 3590 <= int(answer.headers["Retry-After"]) <= 3600


def test_what_has_no_limit_is_never_refused() -> None:
    for found in (windows(None), windows({"plate": "1 per hour"})):
        for _ in range(3):
            found.pass_or_refuse("requests", "hall")


def test_the_limits_of_the_settings_leave_room_for_a_hall_of_kiosks() -> None:
    shipped = windows(load_settings()["HAOPING_LIMITS"])
    for _ in range(1000):
        shipped.pass_or_refuse("requests", "hall")


def test_asking_whether_there_is_room_uses_none_of_it() -> None:
    narrow = windows({"guess": "2 per hour"})
    for _ in range(5):
        narrow.demand_room("guess", "a hall behind one address")
    for _ in range(2):
        narrow.pass_or_refuse("guess", "a hall behind one address")
    with pytest.raises(TooMany):
        narrow.demand_room("guess", "a hall behind one address")
