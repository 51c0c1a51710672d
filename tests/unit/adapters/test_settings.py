"""Settings: a password lies in a file of its own, and its server is found with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.adapters.settings import networks_of, server_uri
from services.errors import Misconfigured


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    """A file with a password that an address cannot hold as it is."""
    path = tmp_path / "broker.password"
    path.write_text("p@ss/word\n")
    return str(path)


@pytest.mark.parametrize("server", ["AMQP", "MONGO"])
def test_the_password_of_a_server_is_read_from_its_file(server: str, password_file: str) -> None:
    config = {f"{server}_URI": "x://store@a:1,b:2/?c=d", f"{server}_PASSWORD_FILE": password_file}
    assert server_uri(config, server) == "x://store:p%40ss%2Fword@a:1,b:2/?c=d"


@pytest.mark.parametrize("without", [{}, {"AMQP_PASSWORD_FILE": ""}])
def test_without_a_file_the_address_is_taken_as_it_is(without: dict[str, str]) -> None:
    assert server_uri({"AMQP_URI": "amqp://u:p@a/", **without}, "AMQP") == "amqp://u:p@a/"


def test_a_password_file_that_is_missing_is_said(tmp_path: Path) -> None:
    config = {"AMQP_URI": "amqp://store@a/", "AMQP_PASSWORD_FILE": str(tmp_path / "none")}
    with pytest.raises(Misconfigured, match=r"AMQP_PASSWORD_FILE: \S+/none"):
        server_uri(config, "AMQP")


def test_a_password_without_a_user_is_no_use(password_file: str) -> None:
    config = {"MONGO_URI": "mongodb://a/", "MONGO_PASSWORD_FILE": password_file}
    with pytest.raises(Misconfigured, match="MONGO_URI a user's"):
        server_uri(config, "MONGO")


@pytest.mark.parametrize("name", ["HAOPING_PROXIES", "HAOPING_WEBHOOK_NETWORKS"])
def test_networks_that_are_none_stop_the_service_and_name_the_setting(name: str) -> None:
    assert [str(each) for each in networks_of({name: "10.0.0.0/8, ::1"}, name)] == [
        "10.0.0.0/8",
        "::1/128",
    ]
    with pytest.raises(Misconfigured, match=f"{name}: 'intranet'"):
        networks_of({name: "10.0.0.0/8, intranet"}, name)
