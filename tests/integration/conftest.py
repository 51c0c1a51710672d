"""Tests on a real broker run service containers in this process, on green threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from eventlet.patcher import is_monkey_patched
from nameko.containers import ServiceContainer

from services.adapters.bus import Bus
from services.console.stack import Stack
from tests.integration.bus import Containers, bus_on, settings

HOW = (
    "these tests need green sockets: run `make real`, or `.venv/bin/nameko test -m integration ...`"
)

if not is_monkey_patched("socket"):
    raise pytest.UsageError(HOW)


@pytest.fixture
def container_factory() -> Iterator[Callable[[type, Mapping[str, Any]], ServiceContainer]]:
    """Make containers of service classes; what a test leaves running is killed after it."""
    made: list[ServiceContainer] = []

    def make(service: type, config: Mapping[str, Any]) -> ServiceContainer:
        made.append(ServiceContainer(service, config))
        return made[-1]

    yield make
    for container in made:
        container.kill()


@pytest.fixture
def bus(stack: Stack, container_factory: Containers) -> Bus:
    """The bus of a running service."""
    return bus_on(container_factory, settings(stack))


@pytest.fixture(scope="module")
def beside(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Stack]:
    """Make a stack that runs only a service, on the servers of the session; enter it to start."""
    servers = {"AMQP_URI": stack.amqp_uri, "MONGO_URI": stack.mongo_uri}

    def make(service: str, tls: Sequence[str] | None = None) -> Stack:
        folder = tmp_path_factory.mktemp(service)
        own = servers | {"MONGO_DATABASE": f"beside_{service}"}
        return Stack(folder, services=[service], environment=own, tls=tls)

    return make
