"""`haoping simulate`: a fleet of devices on a bad day, and whether everything arrived once."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from services.console.account import Line, complaints, settled
from services.console.asking import Token, at
from services.console.device import State
from services.console.doors import MqttDoor, amqp_line
from services.console.fleet import (
    SETTLE_S,
    Device,
    Office,
    SimulationFailed,
    Way,
    fleet,
    live_through,
    names,
)
from services.console.stack.layout import Layout

TIMEOUT_S = 30
ADDRESSES = "registry", "capture", "store"
SHOWN = "pressed wiped sends failures stored resends doubled".split()


class Protocol(StrEnum):
    """How presses travel; `mixed`: the devices take turns."""

    HTTP = "http"
    MQTT = "mqtt"
    AMQP = "amqp"
    MIXED = "mixed"


Count = Annotated[int, typer.Option(min=1, max=1000, help="How many devices")]
Presses = Annotated[int, typer.Option(min=1, max=100_000, help="Presses of each device")]
Seconds = Annotated[int, typer.Option(min=1, max=86400, help="End after so many seconds")]
Unit = Annotated[str, typer.Option(help="The unit of the registry that the devices belong to")]
Spoken = Annotated[Protocol, typer.Option(help="MQTT needs the private broker of this folder")]
AmqpUrl = Annotated[
    str | None,
    typer.Option(
        envvar="HAOPING_AMQP_URL",
        help="For AMQP: the broker, with the user and password of `haoping device amqp-user`",
    ),
]
SystemToken = Annotated[
    str | None,
    typer.Option(envvar="HAOPING_SYSTEM_TOKEN", help="For AMQP: that system's token"),
]


def simulate(
    token: Token,
    unit: Unit,
    devices: Count = 10,
    presses: Presses = 50,
    seconds: Seconds = 120,
    seed: Annotated[int, typer.Option(help="The same seed, the same luck")] = 1,
    protocol: Spoken = Protocol.HTTP,
    amqp_url: AmqpUrl = None,
    system_token: SystemToken = None,
    state: State = None,
) -> None:
    """Devices that go offline, mistake the time, resend and are imaged anew; nothing gets lost.

    The token is the administrator's. Over AMQP a business system passes on what was pressed. For a
    trial: the presses are stored like any others, and the bad ones open cases.
    """
    urls = {service: at(service, None) for service in ADDRESSES}
    named = names(devices, seed)
    ways = list(_ways(protocol, named, Layout.of(state), amqp_url, system_token))
    until = time.monotonic() + seconds
    with httpx.Client(timeout=TIMEOUT_S) as http, tempfile.TemporaryDirectory() as folder:
        drawn = fleet(Office(http, urls, token), named, Path(folder), ways=ways)
        lines = run(drawn, presses, until, unit)
        said = list(complaints(drawn, lines))
    show(Console(), lines, said)
    raise typer.Exit(0 if all(line.reconciles for line in lines) else 1)


def run(devices: Sequence[Device], presses: int, until: float, unit: str) -> list[Line]:
    """A bad day, and the account of it."""
    live_through(devices, presses, until, unit)
    lines = settled(devices, until, lambda: time.sleep(SETTLE_S))
    for device in devices:
        device.transport.close()
    return lines


def _ways(
    protocol: Protocol, named: Sequence[str], layout: Layout, amqp: str | None, token: str | None
) -> Iterator[Way]:
    if protocol in (Protocol.HTTP, Protocol.MIXED):
        yield Way()
    if protocol in (Protocol.MQTT, Protocol.MIXED):
        yield Way("mqtt", MqttDoor.opened(layout, named).line)
    if protocol in (Protocol.AMQP, Protocol.MIXED):
        if not (amqp and token):
            raise SimulationFailed(
                "AMQP is spoken by a business system: name --amqp-url and --system-token, or "
                "choose another --protocol"
            )
        yield amqp_way(amqp, token)


def amqp_way(url: str, token: str) -> Way:
    """A system that passes on what was pressed; the token is its own."""
    return Way("amqp", lambda kiosk, device: amqp_line(url, device), token)


def show(console: Console, lines: Sequence[Line], said: Sequence[str]) -> None:
    """What was sent, what is stored, and whether that is the same."""
    table = Table("device", "way", *SHOWN, "lost", "reconciles", box=None)
    for line in lines:
        figures = (str(getattr(line, name)) for name in SHOWN)
        verdict = "yes" if line.reconciles else "[red]no"
        table.add_row(line.device, line.way, *figures, str(len(line.lost)), verdict)
    console.print(table)
    for sentence in said:
        console.print(sentence, markup=False, soft_wrap=True)
    if not said:
        total = sum(line.pressed - line.wiped for line in lines)
        console.print(f"Every one of {total} presses is stored, once.")
