"""Talks to the private broker while it runs, through its own control command."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from services.console.stack import broker
from services.console.stack.definitions import Definitions
from services.console.stack.failure import StackFailed
from services.console.stack.layout import Layout

PATIENCE_S = 60
NOT_OURS = ("RABBITMQ_", "ERL_")
ONLY_HERE = "-kernel inet_dist_use_interface {127,0,0,1}"


def add(layout: Layout, ports: Mapping[str, int], wanted: Definitions) -> None:
    """Import definitions into the running node; passwords travel as hashes.

    They travel in a file that nobody else may read, for RabbitMQ 4 waits for more on standard
    input after its end. Raises StackFailed with what the command said.
    """
    with NamedTemporaryFile("w", dir=layout.broker, suffix=".json") as file:
        file.write(json.dumps(wanted))
        file.flush()
        control(layout, ports, "import_definitions", file.name)


def control(
    layout: Layout,
    ports: Mapping[str, int],
    *command: str,
    tool: str = "rabbitmqctl",
) -> str:
    """What RabbitMQ's tool answers to a command. Raises StackFailed with what it complained of."""
    scripts, epmd = broker.find(), broker.find_epmd()
    if scripts is None or epmd is None:
        raise StackFailed(broker.CHOICES)
    done = subprocess.run(
        [str(scripts / tool), *command],
        stdin=subprocess.DEVNULL,
        env=_environment(layout, ports, (scripts, Path(epmd).parent)),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if done.returncode != 0:
        complaint = f"{done.stdout}{done.stderr}"
        raise StackFailed(f"The broker did not do this: {command[0]}\n{complaint}")
    return done.stdout


def _environment(
    layout: Layout, ports: Mapping[str, int], folders: tuple[Path, ...]
) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(NOT_OURS)}
    return {
        **inherited,
        **broker.environment(layout, ports),
        "HOME": str(layout.home),
        "PATH": os.pathsep.join((*map(str, folders), os.environ.get("PATH", os.defpath))),
        "RABBITMQ_CTL_ERL_ARGS": ONLY_HERE,
    }
