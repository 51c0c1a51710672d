"""Starting programs in an order in which each finds what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from services.console.stack.layout import Layout
from services.console.stack.program import Program, Server
from services.console.stack.supervisor import Supervisor
from services.console.stack.waiting import accepts, wait_until

READY_S, OTHERS_READY_S = 90.0, 10.0


class Starting:
    """Starts programs under a supervisor, and waits for each up to `timeout` seconds."""

    def __init__(self, layout: Layout, supervisor: Supervisor, timeout: float) -> None:
        self._layout, self._supervisor, self._timeout = layout, supervisor, timeout

    def servers(self, broker: Server, database: Server, environment: Mapping[str, str]) -> None:
        """Have both answer, and in order.

        The broker takes seconds to boot, during which the database is made ready. Somebody else's
        server is there or not: it is asked first, and not for long. Raises StackFailed.
        """
        for server in (broker, database):
            if not server.programs:
                self.wait_for(server.name, server.probe, OTHERS_READY_S)
        self.programs(broker.programs)
        if database.prepare:
            database.prepare(environment)
        self.programs(database.programs)
        for server in (database, broker):
            self.wait_for(server.name, server.probe)
            if server.arrange:
                server.arrange()

    def programs(self, programs: Sequence[Program]) -> None:
        """Start one after the other, each once what the one before it opens is open."""
        for program in programs:
            self._supervisor.start_program(program.name)
            if program.opens:
                self.wait_for(program.name, partial(accepts, program.opens))

    def wait_for(
        self, name: str, probe: Callable[[], object], within_s: float | None = None
    ) -> None:
        """Wait until the probe raises nothing. Raises StackFailed with the last log lines."""
        failed = partial(self._supervisor.has_failed, name)
        wait_until(probe, name, within_s or self._timeout, self._layout.log(name), failed)
