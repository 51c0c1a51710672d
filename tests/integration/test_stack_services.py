"""Services under the stack's supervision: one real service on the servers of the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from services.console.stack import Stack, StackFailed
from services.console.stack.waiting import wait_until
from tests import web

pytestmark = pytest.mark.integration

PATIENCE_S = 30.0
NAME = "registry"


@pytest.fixture(scope="module")
def services(beside: Callable[..., Stack]) -> Iterator[Stack]:
    """A second stack that runs only a service."""
    with beside(NAME) as running:
        yield running


def test_a_service_is_well_once_the_stack_runs(services: Stack) -> None:
    assert web.get(f"{services.url(NAME)}/healthz").status_code == 200
    assert services.picked == [
        "Broker: the one named by AMQP_URI.",
        "Database: the one named by MONGO_URI.",
    ]


def test_a_killed_service_comes_back_by_itself(services: Stack) -> None:
    killed = services.pid(NAME)
    services.kill(NAME)
    wait_until(lambda: replaced(services, killed), NAME, PATIENCE_S, services.log(NAME), never)
    services.wait_for(NAME)
    assert not psutil.pid_exists(killed)


def test_a_service_can_be_restarted_in_order(services: Stack) -> None:
    before = services.pid(NAME)
    services.restart(NAME)
    assert services.pid(NAME) not in {0, before}
    assert web.get(f"{services.url(NAME)}/healthz").status_code == 200


def test_a_service_that_cannot_start_is_quoted(stack: Stack, tmp_path: Path) -> None:
    servers = {"AMQP_URI": stack.amqp_uri, "MONGO_URI": stack.mongo_uri}
    with (
        pytest.raises(StackFailed, match=r"nonesuch ended by itself(.|\n)*No module named"),
        Stack(tmp_path, services=["nonesuch"], environment=servers),
    ):
        pass


def test_wrong_credentials_are_said_at_once(stack: Stack, tmp_path: Path) -> None:
    guest = stack.amqp_uri.replace("haoping:", "haoping:not-")
    servers = {"AMQP_URI": guest, "MONGO_URI": stack.mongo_uri}
    with pytest.raises(StackFailed, match="refuses"), Stack(tmp_path, environment=servers):
        pass


def replaced(services: Stack, pid: int) -> None:
    """Raises OSError until another process has taken the place of this one."""
    if services.pid(NAME) in {0, pid}:
        raise OSError("not yet")


def never() -> bool:
    """There is always hope."""
    return False
