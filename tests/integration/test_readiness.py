"""Services start in any order, and say whether they can work: the servers may come later, or go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import eventlet
import httpx
import pytest
from nameko.containers import ServiceContainer

from services.adapters.settings import token_hash
from services.console import answers
from services.console.findings import Verdict
from services.console.stack import Stack
from services.registry.service import Registry
from services.score.service import Score
from services.store.service import Store
from tests import web
from tests.integration.bus import eventually, free_address, line_to, settings

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]
NOWHERE = "amqp://guest:guest@127.0.0.1:1//"
AWAY = "The database cannot be reached"


def started(factory: Containers, service: type, config: dict[str, Any]) -> str:
    """Start a service without waiting for it; where it will answer."""
    address = free_address(service.__name__.lower())
    told = {"WEB_SERVER_ADDRESS": address, "HAOPING_ADMIN_TOKEN_HASH": token_hash("root")}
    eventlet.spawn(factory(service, config | told).start)
    return f"http://{address}"


def answered(url: str, path: str) -> httpx.Response | None:
    """What the service answers, if it does."""
    try:
        return web.get(url + path, timeout=20)
    except httpx.TransportError:
        return None


def says(url: str, *reasons: str) -> bool:
    """Whether the service says that it cannot work, for just these reasons."""
    answer = answered(url, "/readyz")
    return answer is not None and answer.json().get("reasons") == list(reasons)


def is_ready(url: str) -> bool:
    """Whether the service says that it can work."""
    answer = answered(url, "/readyz")
    return answer is not None and answer.status_code == httpx.codes.OK


@pytest.mark.parametrize("service", [Registry, Score, Store])
def test_a_service_may_start_before_its_database(
    stack: Stack, container_factory: Containers, service: type
) -> None:
    with line_to(stack.mongo_uri) as line:
        line.cut = True
        config = settings(stack, MONGO_URI=line.uri)
        url = started(container_factory, service, config)
        eventually(lambda: says(url, AWAY))
        assert web.get(f"{url}/healthz").json() == {"live": True}
        line.cut = False
        eventually(lambda: is_ready(url), 40)


def test_a_service_that_needs_the_broker_says_that_it_is_away(
    stack: Stack, container_factory: Containers
) -> None:
    url = started(container_factory, Store, settings(stack, AMQP_URI=NOWHERE))
    eventually(lambda: says(url, "The broker cannot be reached"))


def test_the_doctor_says_what_hinders_a_service(
    stack: Stack, container_factory: Containers, tmp_path: Path
) -> None:
    url = started(container_factory, Store, settings(stack, AMQP_URI=NOWHERE))
    eventually(lambda: says(url, "The broker cannot be reached"))
    found = answers.service("store", url, None, tmp_path / "store.log")
    assert found.verdict is Verdict.WRONG
    assert found.words == "cannot do its work: The broker cannot be reached"


def test_a_service_that_only_reads_and_writes_needs_no_broker(
    stack: Stack, container_factory: Containers
) -> None:
    url = started(container_factory, Score, settings(stack, AMQP_URI=NOWHERE))
    eventually(lambda: is_ready(url))
