"""Tests on a real broker run service containers in this process, on green threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from eventlet.patcher import is_monkey_patched
from nameko.containers import ServiceContainer

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
