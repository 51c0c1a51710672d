"""The stack: picks a broker and a database, starts them and the services, ends what it started."""

from __future__ import annotations

import json
import os
import secrets as randomness
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from services.console.stack import application, broker, database, ports, processes, whole
from services.console.stack.application import PAGES, Door
from services.console.stack.certificates import issue
from services.console.stack.layout import PROJECT, Layout
from services.console.stack.lock import Lock
from services.console.stack.ports import LOOPBACK
from services.console.stack.program import Program
from services.console.stack.secrets import Secrets
from services.console.stack.starting import READY_S, Starting
from services.console.stack.supervisor import Supervisor
from services.console.stack.waiting import healthy

NOT_OURS = ("RABBITMQ_", "ERL_", "WEB_SERVER_", "HAOPING_TLS_")


class Stack:
    """A running broker and database, and on request the services, for as long as a `with` lasts.

    `services` names what to run besides the two servers; `environment` is added to what the
    services inherit, and its AMQP_URI and MONGO_URI (an empty one counts as unset) win over the
    caller's. With `tls` the pages are served over HTTPS, by a certificate of the folder's own
    authority for loopback and the hosts in `tls`, and the private broker speaks TLS as well, on
    loopback. One stack per `state_dir` at a time.
    Raises StackFailed, with the last log lines.
    """

    def __init__(
        self,
        state_dir: Path | str | None = None,
        *,
        services: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        timeout: float = READY_S,
        tls: Sequence[str] | None = None,
    ) -> None:
        self.layout = Layout.of(state_dir)
        self.services = tuple(services)
        self.timeout = timeout
        self.door = Door()
        self._tls = tls
        self.id = randomness.token_hex(8)
        self.ended_before: list[int] = []
        self._given = {**os.environ, **(environment or {})}
        self._lock = Lock(self.layout.lock)
        self._ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        self.layout.prepare()
        self._lock.acquire()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def amqp_uri(self) -> str:
        """The broker, with credentials."""
        return self._broker.uri

    @property
    def mqtt_address(self) -> tuple[str, int]:
        """Where the private broker takes MQTT; somebody else's broker knows its own."""
        return LOOPBACK, self._ports["mqtt"]

    @property
    def amqps_uri(self) -> str:
        """The private broker over TLS, with credentials, where there are certificates."""
        return self.amqp_uri.replace("amqp://", "amqps://").replace(
            f":{self._ports['amqp']}/", f":{self._ports['amqps']}/"
        )

    @property
    def mqtts_address(self) -> tuple[str, int]:
        """Where the private broker takes MQTT over TLS."""
        return LOOPBACK, self._ports["mqtts"]

    @property
    def mongo_uri(self) -> str:
        """The database, with credentials."""
        return self._database.uri

    @property
    def admin_token(self) -> str:
        """The generated token of the administrator."""
        return self._secrets.admin_token

    @property
    def admin_token_file(self) -> Path:
        """Where that token is kept."""
        return self._secrets.admin_token_file

    @property
    def picked(self) -> list[str]:
        """What was picked, a sentence each."""
        return [self._broker.picked, self._database.picked]

    def url(self, service: str) -> str:
        """Where a service answers on this machine, such as http://127.0.0.1:20001."""
        scheme = self.door.scheme if service == PAGES else "http"
        return f"{scheme}://{LOOPBACK}:{self._ports[service]}"

    @property
    def public_url(self) -> str:
        """Where kiosks and phones find the pages."""
        return self.door.url(self._ports[PAGES])

    @property
    def authority(self) -> Path | None:
        """The certificate that kiosks have to trust; None over plain HTTP."""
        return self.door.certificates.authority if self.door.certificates else None

    def log(self, name: str) -> Path:
        """The log of a service, of `rabbitmq`, `epmd` or `secantusdb`."""
        return self.layout.log(name)

    def pid(self, name: str) -> int:
        """The process of a program; 0 while it has none."""
        return self._supervisor.pid(name)

    def kill(self, name: str) -> None:
        """Kill a program without warning (SIGKILL); the supervisor starts it again by itself."""
        os.kill(self.pid(name), signal.SIGKILL)

    def restart(self, service: str) -> None:
        """Stop a service in order, start it again and wait until it answers."""
        self._supervisor.stop_program(service)
        self._supervisor.start_program(service)
        self.wait_for(service)

    @property
    def owns_database(self) -> bool:
        """Whether the database is a private one that ends with this stack."""
        return bool(self._database.programs)

    def renew_database(self) -> None:
        """Give the private database an empty folder; somebody else's is left as it is.

        SecantusDB slows down with what was written and dropped before, which a measurement must
        not blame on whoever comes later.
        """
        for program in self._database.programs:
            self._supervisor.stop_program(program.name)
        if self._database.prepare:
            database.forget_user(self.layout)
            self._database.prepare(self._environment())
        self._starting.programs(self._database.programs)
        self._starting.wait_for(self._database.name, self._database.probe)

    def wait_for(self, service: str) -> None:
        """Wait until a service answers (again). Raises StackFailed with its last log lines."""
        self._starting.wait_for(service, partial(healthy, self.url(service), self.authority))

    def is_alive(self) -> bool:
        """False once the supervisor, and with it the stack, has ended by itself."""
        return self._supervisor.is_alive()

    def stop(self) -> None:
        """End everything that this stack started; safe to call more than once."""
        if supervisor := getattr(self, "_supervisor", None):
            supervisor.stop()
        processes.end(self.layout.state)
        self.layout.record.unlink(missing_ok=True)
        ports.release(self._ports.values())
        self._lock.release()

    def _start(self) -> None:
        self.ended_before = processes.end(self.layout.state)
        self._secrets = Secrets.of(self.layout.secrets)
        if self._tls is not None:
            self.door = Door(tuple(self._tls), issue(self.layout.secrets, self._tls))
        self._claim_ports()
        given, certificates = self._given, self.door.certificates
        self._broker = broker.pick(given, self.layout, self._secrets, self._ports, certificates)
        self._database = database.pick(self._given, self.layout, self._secrets, self._ports)
        self._write_record()
        environment = self._environment()
        self._supervisor = Supervisor(self.layout, self._programs())
        self._supervisor.start(environment, str(PROJECT))
        self._starting = Starting(self.layout, self._supervisor, self.timeout)
        self._starting.servers(self._broker, self._database, environment)
        self._start_services()

    def _claim_ports(self) -> None:
        remembered = ports.remembered(self.layout.ports)
        secured = broker.TLS_PORTS if self.door.certificates else ()
        wanted = (*broker.PORTS, *secured, *database.PORTS, *self.services)
        self._ports = ports.claim(wanted, remembered)
        whole.write(self.layout.ports, json.dumps({**remembered, **self._ports}).encode())

    def _programs(self) -> list[Program]:
        servers = [*self._broker.programs, *self._database.programs]
        return servers + [self._service(name) for name in self.services]

    def _service(self, name: str) -> Program:
        uri = self._broker.uri_for(name)
        return application.program(name, self._ports[name], self.door, uri)

    def _environment(self) -> dict[str, str]:
        """The environment of supervisord, which everything in the stack inherits."""
        inherited = {k: v for k, v in self._given.items() if not k.startswith(NOT_OURS)}
        return {
            **application.environment(
                inherited, self._database, self._secrets, self._ports, self.door
            ),
            **self._broker.environment,
            **processes.stamp(self.layout.state, self.id),
            "HOME": str(self.layout.home),
            "HAOPING_PYTHON": sys.executable,
            "PATH": os.pathsep.join((*self._broker.path, self._given.get("PATH", os.defpath))),
        }

    def _start_services(self) -> None:
        for name in self.services:
            self._supervisor.start_program(name)
        for name in self.services:
            self.wait_for(name)

    def _write_record(self) -> None:
        record = {
            "id": self.id,
            "pid": os.getpid(),
            "picked": self.picked,
            "services": {name: self.url(name) for name in self.services},
            "authority": str(self.authority) if self.authority else None,
            "ports": self._ports,
            "amqp_uri": self.amqp_uri,
            "mongo_uri": self.mongo_uri,
        }
        whole.write(self.layout.record, json.dumps(record, indent=2).encode())
