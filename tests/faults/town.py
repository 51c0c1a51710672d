"""A small town under test: private servers, two replicas of what may be doubled, and wires."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
from kombu import Connection

from services.adapters.bus.depths import waiting
from services.adapters.ledger import ledger_key
from services.adapters.mongo import Db, connect
from services.adapters.settings import ROOT, token_hash
from services.adapters.trust import trusting
from services.console.demo.client import eventually
from services.console.fleet import Office
from services.console.stack import Stack
from services.console.stack.layout import Layout
from services.console.stack.ports import LOOPBACK, claim
from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal, Unit, Window
from services.contracts.topology import DEAD_LETTERS, QUEUES
from tests.faults.account import Sent
from tests.faults.cluster import Cluster
from tests.faults.disks import Disk, can_be_made
from tests.faults.keeper import Keeper, Process
from tests.faults.wire import Wire

ROOT_TOKEN, TIMEOUT_S, KNOWN_S = "root", 15.0, 120.0
BROKEN = "FAULTS_BROKEN"
ACCEPTED = "undecided silent_devices imports quarantine outboxes in_flight touched".split()
"""What the scorer accepts by name, for devices go on meanwhile."""
REPLICAS = {"capture": 2, "store": 2, "rectify": 2, "score": 2, "registry": 1}
UNITS = ("tax", "land")
WHO = {
    "hall": ({Role.SYSTEM}, None),
    "officer-tax": ({Role.OFFICER}, "tax"),
    "officer-land": ({Role.OFFICER}, "land"),
    "scorer": ({Role.SCORER}, "county"),
}
"""Who acts; everybody's token is their name."""
DIRECTORY = Directory(
    units=(
        Unit(id="county", name="县政府"),
        *(Unit(id=unit, name=f"{unit}局", parent="county", peers="all") for unit in UNITS),
    ),
    windows=(Window(id="w1", name="1号窗口", hall="大厅", unit="tax"),),
    principals=tuple(
        Principal(id=who, name=who, roles=frozenset(roles), unit=unit, token_hash=token_hash(who))
        for who, (roles, unit) in WHO.items()
    ),
)


@dataclass
class Town:
    """The running town. `orders`: the folder through which processes are told to misbehave."""

    stack: Stack
    keeper: Keeper
    broker: Wire
    database: Wire
    orders: Path
    db: Db
    http: httpx.Client
    cluster: Cluster
    """The broker's other nodes, if it has any."""
    disks: Mapping[str, Disk]
    """Under the broker and the database, where they have disks of their own."""
    sent: Sent = field(default_factory=Sent)
    """What everybody did."""
    ports: dict[str, int] = field(default_factory=dict)
    invalid: float = 0.05
    """The share of what a system sends that is wrong."""
    goodbyes: dict[str, float] = field(default_factory=dict)
    """How many seconds it took at most, by process, until one that was asked to stop had ended."""

    def url(self, process: str) -> str:
        """Where a replica answers."""
        return f"http://{LOOPBACK}:{self.ports[process]}"

    def office(self, replica: int = 1) -> Office:
        """The services as one group of devices knows them."""
        urls = {name: self.url(f"{name}-{min(replica, n)}") for name, n in REPLICAS.items()}
        return Office(self.http, urls, ROOT_TOKEN)

    @property
    def names(self) -> list[str]:
        """Every process."""
        return list(self.ports)

    def of(self, service: str) -> list[str]:
        """The replicas of a service."""
        return [f"{service}-{n + 1}" for n in range(REPLICAS[service])]

    def mistake(self, broken: str, service: str) -> None:
        """Put this mistake into a service, and take every other one out; who changes restarts."""
        wanted = {name: broken if name in self.of(service) else "" for name in self.names}
        running = self.keeper.processes
        changed = [n for n in self.names if running[n].environment[BROKEN] != wanted[n]]
        for name in changed:
            self.keeper.ask(name)
        for name in changed:
            self.keeper.ended(name)
            running[name].environment = {**running[name].environment, BROKEN: wanted[name]}
            self.keeper.start(name)
        self.keeper.await_all()

    def waiting(self) -> int:
        """How many messages wait to be handled, now or later; dead letters wait for a person."""
        with Connection(self.stack.amqp_uri) as connection:
            return waiting(connection.default_channel, QUEUES.keys() - {DEAD_LETTERS})

    @property
    def key(self) -> bytes:
        """With which histories are sealed."""
        files = {"HAOPING_LEDGER_KEY_FILE": str(self.stack.layout.secrets / "ledger.key")}
        return ledger_key(files)

    def begin(self) -> None:
        """Put the registry in force and wait until whoever has to knows it."""
        self.office().ask("PUT", "registry", "/v1/registry", DIRECTORY.model_dump(mode="json"))
        for process in self.of("capture"):
            eventually(partial(self._knows, process), f"{process} to know the hall", KNOWN_S)

    def _knows(self, process: str) -> bool:
        head = {"Authorization": "Bearer hall"}
        answer = self.http.post(f"{self.url(process)}/v1/ratings", headers=head, json={})
        return answer.status_code != httpx.codes.UNAUTHORIZED


@contextmanager
def town(folder: Path, broken: str = "", nodes: int = 1) -> Iterator[Town]:
    """Everything running, for the length of a `with`; `broken` puts a mistake into the services.

    With more `nodes` than one the broker is a cluster.
    """
    orders = Path(tempfile.mkdtemp(dir=folder))
    with ExitStack() as running:
        servers, layout = {"AMQP_URI": "", "MONGO_URI": ""}, Layout.of(folder / "state")
        disks = {
            name: running.enter_context(Disk(where))
            for name, where in (("broker", layout.broker), ("database", layout.database))
            if can_be_made()
        }
        stack = running.enter_context(Stack(layout.state, environment=servers))
        cluster = running.enter_context(Cluster.of(stack, nodes))
        others = [each.uri for each in cluster.nodes]
        broker = running.enter_context(Wire(stack.amqp_uri, *others))
        database = running.enter_context(Wire(stack.mongo_uri))
        keeper = running.enter_context(Keeper())
        http = running.enter_context(
            httpx.Client(timeout=TIMEOUT_S, trust_env=False, verify=trusting(None))
        )
        db = connect(stack.mongo_uri, "haoping")
        running.callback(db.client.close)
        made = Town(stack, keeper, broker, database, orders, db, http, cluster, disks)
        processes = [f"{name}-{n + 1}" for name, count in REPLICAS.items() for n in range(count)]
        made.ports = claim(processes, {})
        for name in processes:
            keeper.keep(_process(made, name, broken))
        keeper.await_all()
        made.begin()
        yield made


def _process(town: Town, name: str, broken: str) -> Process:
    service = name.partition("-")[0]
    secrets = town.stack.layout.secrets
    environment = {
        "AMQP_URI": town.broker.uri,
        "MONGO_URI": town.database.uri,
        "MONGO_DATABASE": town.db.name,
        "WEB_SERVER_ADDRESS": f"{LOOPBACK}:{town.ports[name]}",
        "HAOPING_MASTER_KEY_FILE": str(secrets / "master.key"),
        "HAOPING_LEDGER_KEY_FILE": str(secrets / "ledger.key"),
        "HAOPING_ADMIN_TOKEN_HASH": token_hash(ROOT_TOKEN),
        "HAOPING_CLOCK": "movable",
        "FAULTS_DIR": str(town.orders),
        "FAULTS_NAME": name,
        BROKEN: broken,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    command = ("-m", "nameko", "run", "--config", "config/services.yaml")
    return Process(
        name,
        (*command, f"tests.faults.rigged:{service.capitalize()}"),
        environment,
        town.stack.layout.state / f"{name}.log",
        town.url(name),
    )
