"""`haoping device`: users on broker and database, for devices, systems and the services."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pymongo import MongoClient
from rich.console import Console

from services.adapters.partitions import spread
from services.adapters.settings import server_uri
from services.adapters.trust import ca_file, of_broker
from services.console.stack import dbusers, definitions, node
from services.console.stack.broker import USER, connection_to
from services.console.stack.definitions import Definitions
from services.console.stack.layout import Layout
from services.console.stack.lock import holder
from services.console.stack.ports import LOOPBACK
from services.console.stack.secrets import kept_text
from services.contracts import topology
from services.contracts.access import ACCESS
from services.contracts.keeping import KEEPING
from services.contracts.partitions import MOST
from services.contracts.topology import service_user
from services.errors import Invalid

PASSWORD_BYTES = 24
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
device_app = typer.Typer(
    help="Users on broker and database, for devices, business systems and the services."
)

State = Annotated[
    Path | None, typer.Option(help="Folder of the stack; HAOPING_STATE or .haoping by default.")
]

Partitions = Annotated[
    int,
    typer.Option(
        min=1, max=MOST, envvar="HAOPING_PARTITIONS", help="Queues that ratings are spread over"
    ),
]


@device_app.command("mqtt-user")
def mqtt_user(
    device: Annotated[str, typer.Argument(help="The device's id in the registry")],
    state: State = None,
) -> None:
    """Let a device publish over MQTT, to its own topic only; again, and the password is new."""
    password = secrets.token_hex(PASSWORD_BYTES)
    _give(definitions.of_device(checked(device), password), password, Layout.of(state))


@device_app.command("amqp-user")
def amqp_user(
    system: Annotated[str, typer.Argument(help="The system's id among the principals")],
    state: State = None,
) -> None:
    """Let a business system publish over AMQP; the broker vouches for its name."""
    password = secrets.token_hex(PASSWORD_BYTES)
    _give(definitions.of_system(checked(system), password), password, Layout.of(state))


def checked(name: str) -> str:
    """The name, if it can be a part of a topic. Raises Invalid."""
    if not NAME.fullmatch(name):
        raise Invalid(f"{name!r}: letters, digits, _ and - only, at most 64 of them")
    return name


def commands(wanted: Definitions) -> Iterator[str]:
    """The same for a broker that somebody else runs; it asks for the password itself.

    The topic is bounded before anything may be written at all.
    """
    [user], [may], [topic] = wanted["users"], wanted["permissions"], wanted["topic_permissions"]
    name, vhost = user["name"], may["vhost"]
    own = (topic["exchange"], topic["write"], topic["read"])
    yield shlex.join(("rabbitmqctl", "add_user", name))
    yield shlex.join(("rabbitmqctl", "set_topic_permissions", "-p", vhost, name, *own))
    allowed = (may["configure"], may["write"], may["read"])
    yield shlex.join(("rabbitmqctl", "set_permissions", "-p", vhost, name, *allowed))


@device_app.command("definitions")
def broker_definitions(partitions: Partitions = 1) -> None:
    """Print the queues, exchanges and bindings, for `rabbitmqctl import_definitions` on yours."""
    typer.echo(json.dumps(definitions.flow(partitions), indent=1))


@device_app.command("partitions")
def partitions(
    number: Annotated[int, typer.Argument(min=1, max=MOST, help="How many")],
    uri: Annotated[
        str, typer.Option(envvar="AMQP_URI", help="The broker, as a user who may change it")
    ],
) -> None:
    """Spread ratings over so many partitions on your broker, while everybody works.

    Then start the stores again, one after the other: at its start a store takes up the partitions
    that there are. It empties those that get nothing any more as well.
    """
    address = _completed(uri, "AMQP")
    secured = of_broker(address, ca_file(os.environ)) or False
    with connection_to(address, ssl=secured) as connection:
        spread(connection.default_channel, number)
    typer.echo(f"Ratings are spread over {number}. Start the stores again, one after the other.")


@device_app.command("service-users")
def service_users(
    folder: Annotated[Path, typer.Argument(help="Folder for the passwords; made if missing")],
    partitions: Partitions = 1,
) -> None:
    """Print all that a broker of your own needs: topology, and a user for each service.

    Passwords are made once, each in a file of its own in the folder; only hashes are printed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    passwords = {name: kept_text(folder / f"broker-{name}.password") for name in ACCESS}
    operator = kept_text(folder / "broker.password")
    made = definitions.everything(USER, operator, passwords, partitions)
    typer.echo(json.dumps(made, indent=1))


@device_app.command("database-users")
def database_users(
    folder: Annotated[Path, typer.Argument(help="Folder for the passwords; made if missing")],
    uri: Annotated[
        str, typer.Option(envvar="MONGO_URI", help="The MongoDB, as a user who may make users")
    ],
    database: Annotated[str, typer.Option(envvar="MONGO_DATABASE")] = "haoping",
) -> None:
    """Make a user for each service on a MongoDB, who can do its own task and nothing else.

    Passwords are made once, each in a file of its own in the folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    passwords = {name: kept_text(folder / f"database-{name}.password") for name in KEEPING}
    with MongoClient[Any](_completed(uri, "MONGO")) as client:
        dbusers.grant(client, database, passwords)
    for name in passwords:
        typer.echo(f"{service_user(name)}  {folder / f'database-{name}.password'}")


def _completed(uri: str, server: str) -> str:
    """With the password that lies in a file, where the operator's environment names one."""
    return server_uri({**os.environ, f"{server}_URI": uri}, server)


def _give(wanted: Definitions, password: str, layout: Layout) -> None:
    out = Console(soft_wrap=True, highlight=False, markup=False)
    ports = private_ports(layout)
    if ports is None:
        out.print("No private broker runs in this folder. On yours, run:")
        out.print("\n".join(commands(wanted)))
        return
    node.add(layout, ports, wanted)
    [user], [topic] = wanted["users"], wanted["topic_permissions"]
    way = "mqtt" if topic["exchange"] == topology.MQTT else "amqp"
    out.print(f"user      {user['name']}\npassword  {password}  (shown only now)")
    out.print(f"exchange  {topic['exchange']}")
    out.print(f"url       {way}://{user['name']}:{password}@{LOOPBACK}:{ports[way]}/")


def private_ports(layout: Layout) -> dict[str, int] | None:
    """The ports of the stack that runs in this folder on a broker of its own."""
    if holder(layout.lock) is None or not layout.record.exists():
        return None
    record: dict[str, Any] = json.loads(layout.record.read_text())
    ports: dict[str, int] = record["ports"]
    return ports if f"@{LOOPBACK}:{ports['amqp']}/" in record["amqp_uri"] else None
