"""An identity provider is spoken to in secret, or not at all; sessions last as the settings say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.adapters.lasting import Lasting
from services.adapters.openid import demand_secure
from services.errors import Misconfigured


@pytest.mark.parametrize(
    "url", ["https://sso.example.gov.cn", "http://127.0.0.1:8080", "http://[::1]:1/x"]
)
def test_a_provider_over_tls_or_on_this_machine_is_taken(url: str) -> None:
    demand_secure(url)


@pytest.mark.parametrize(
    "url",
    ["http://sso.example.gov.cn", "http://10.0.0.1", "http://127.0.0.1.evil.test", ""],
)
def test_no_secret_goes_to_a_provider_in_the_clear(url: str) -> None:
    with pytest.raises(Misconfigured):
        demand_secure(url)


def test_a_sign_in_lasts_a_working_day_and_half_an_hour_unless_the_settings_say_otherwise() -> None:
    assert Lasting.of({}) == Lasting(timedelta(hours=12), timedelta(minutes=30), None)
    said = {
        "HAOPING_SESSION_HOURS": 8,
        "HAOPING_SESSION_IDLE_MINUTES": 15,
        "HAOPING_PASSWORD_DAYS": 90,
    }
    wanted = Lasting(timedelta(hours=8), timedelta(minutes=15), timedelta(days=90))
    assert Lasting.of(said) == wanted
