"""The nameko services as programs of the stack, and what their environment tells them."""

from __future__ import annotations

from collections.abc import Mapping

from services.console.stack.layout import PROJECT
from services.console.stack.ports import LOOPBACK
from services.console.stack.program import CONFIGURATION, PYTHON, Program, Server
from services.console.stack.secrets import Secrets

PAGES = "portal"
BEHIND = ("capture", "store", "rectify", "score", "registry")
ALL = (*BEHIND, PAGES)


def program(name: str, port: int) -> Program:
    """A service by its name: `capture` is `services.capture.service:Capture` on its own port."""
    return Program(
        name,
        f"{PYTHON} -m nameko run --config {CONFIGURATION} "
        f"services.{name}.service:{name.capitalize()}",
        "services",
        environment={"WEB_SERVER_ADDRESS": f"{LOOPBACK}:{port}"},
    )


def environment(
    given: Mapping[str, str],
    broker: Server,
    database: Server,
    secrets: Secrets,
    ports: Mapping[str, int],
) -> dict[str, str]:
    """What every service is told, except its own address; `given` may choose but not contradict."""
    return {
        **_public(ports),
        "MONGO_DATABASE": "haoping",
        "HAOPING_CLOCK": "system",
        "HAOPING_MASTER_KEY_FILE": str(secrets.master_key_file),
        "HAOPING_LEDGER_KEY_FILE": str(secrets.ledger_key_file),
        "HAOPING_ADMIN_TOKEN_HASH": secrets.admin_token_hash,
        "HAOPING_CONFIG_DIR": str(PROJECT / "config"),
        **given,
        "AMQP_URI": broker.uri,
        "MONGO_URI": database.uri,
        **addresses(ports),
    }


def addresses(ports: Mapping[str, int]) -> dict[str, str]:
    """Where the pages find the services that run here."""
    return {
        f"HAOPING_{name.upper()}_URL": f"http://{LOOPBACK}:{ports[name]}"
        for name in BEHIND
        if name in ports
    }


def _public(ports: Mapping[str, int]) -> dict[str, str]:
    """Links and QR codes open the pages that run here."""
    return {"HAOPING_PUBLIC_URL": f"http://{LOOPBACK}:{ports[PAGES]}"} if PAGES in ports else {}
