"""Supervisord keeps the programs running: started, restarted with backoff, stopped, logged.

It runs in a session of its own, so that Ctrl-C reaches only the one who is asked to stop it, and
where `setpriv` exists it is told to stop everything when that one is killed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any
from xmlrpc.client import Error, ServerProxy  # nosec B411 # only our own supervisord answers

from supervisor.xmlrpc import SupervisorTransport

from services.console.stack.failure import StackFailed, last_lines
from services.console.stack.layout import Layout
from services.console.stack.processes import end_child
from services.console.stack.program import Program

START_S = 15.0
STOP_S = 45.0
POLL_S = 0.05
FAILED = frozenset({"BACKOFF", "FATAL", "UNKNOWN"})
HEAD = """\
[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisord]
logfile=%(here)s/logs/supervisord.log
logfile_maxbytes=1MB
logfile_backups=1
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s/logs
nodaemon=true
silent=true
strip_ansi=true
umask=077
"""
PROGRAM = """
[program:{name}]
command={command}
{directory}environment={environment}
autostart=false
autorestart=true
startsecs=3
startretries=60
stopsignal=TERM
stopwaitsecs={stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile=%(here)s/logs/{name}.log
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=2
"""


def render(layout: Layout, programs: Iterable[Program]) -> str:
    """Supervisord's configuration; a group is started and stopped as one."""
    groups: dict[str, list[str]] = {}
    for program in programs:
        groups.setdefault(program.group, []).append(program.name)
    inside = layout.socket.parent == layout.state
    parts = [HEAD.format(socket="%(here)s/supervisor.sock" if inside else layout.socket)]
    parts += [_section(program) for program in programs]
    for priority, (group, names) in enumerate(groups.items(), start=1):
        parts.append(f"\n[group:{group}]\nprograms={','.join(names)}\npriority={priority}\n")
    return "".join(parts)


def _section(program: Program) -> str:
    return PROGRAM.format(
        name=program.name,
        command=program.command,
        directory="directory=%(here)s\n" if program.at_home else "",
        environment=",".join(f'{key}="{value}"' for key, value in program.environment.items()),
        stop_seconds=program.stop_seconds,
    )


class Supervisor:
    """One supervisord and the programs given to it."""

    def __init__(self, layout: Layout, programs: Iterable[Program]) -> None:
        self.layout = layout
        self.programs = tuple(programs)
        self._full_names = {p.name: f"{p.group}:{p.name}" for p in self.programs}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str], directory: str) -> None:
        """Start supervisord, which starts nothing by itself. Raises StackFailed."""
        self.layout.configuration.touch(mode=0o600)
        self.layout.configuration.write_text(render(self.layout, self.programs))
        with self.layout.log("supervisord.start").open("wb") as log:
            self._process = subprocess.Popen(
                [*_dying_with_us(), *_command(self.layout)],
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._await_answer()

    def start_program(self, name: str) -> None:
        """Start a program without waiting for it to be ready."""
        self._call("startProcess", self._full_names[name], False)

    def stop_program(self, name: str) -> None:
        """Stop a program and wait until it has ended."""
        self._call("stopProcess", self._full_names[name])

    def state(self, name: str) -> str:
        """What supervisord calls it: STARTING, RUNNING, BACKOFF, STOPPED, FATAL ..."""
        return str(self._info(name)["statename"])

    def has_failed(self, name: str) -> bool:
        """Whether supervisord is gone, or a program of ours ended within seconds of its start."""
        if not self.is_alive():
            return True
        return name in self._full_names and self.state(name) in FAILED

    def pid(self, name: str) -> int:
        """The process of a program; 0 while it has none."""
        return int(self._info(name)["pid"])

    def is_alive(self) -> bool:
        """Whether the supervisord we started is still there."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop all programs, the last group first, and supervisord itself."""
        if self._process is not None:
            end_child(self._process, STOP_S)

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_S
        while True:
            try:
                self._call("getState")
                return
            except (OSError, Error) as error:
                if not self.is_alive() or time.monotonic() > deadline:
                    quoted = last_lines(self.layout.log("supervisord.start"))
                    raise StackFailed(f"The supervisor did not start.\n{quoted}") from error
            time.sleep(POLL_S)

    def _info(self, name: str) -> dict[str, Any]:
        return dict(self._call("getProcessInfo", self._full_names[name]))

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(serverurl=f"unix://{self.layout.socket}")
        with ServerProxy("http://supervisor", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)


def _command(layout: Layout) -> list[str]:
    return [sys.executable, "-m", "supervisor.supervisord", "-c", str(layout.configuration)]


def _dying_with_us() -> list[str]:
    return ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
