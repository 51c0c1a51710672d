"""The nameko services as programs of the stack, and what their environment tells them."""

from __future__ import annotations

from collections.abc import Mapping

from services.console.stack.layout import PROJECT
from services.console.stack.ports import LOOPBACK
from services.console.stack.program import CONFIGURATION, PYTHON, Program, Server
from services.console.stack.secrets import Secrets

ALL = ("capture", "store", "rectify", "score", "registry")


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
    given: Mapping[str, str], broker: Server, database: Server, secrets: Secrets
) -> dict[str, str]:
    """What every service is told, except its own address; `given` may choose but not contradict."""
    return {
        "MONGO_DATABASE": "haoping",
        "HAOPING_CLOCK": "system",
        "HAOPING_MASTER_KEY_FILE": str(secrets.master_key_file),
        "HAOPING_LEDGER_KEY_FILE": str(secrets.ledger_key_file),
        "HAOPING_ADMIN_TOKEN_HASH": secrets.admin_token_hash,
        "HAOPING_CONFIG_DIR": str(PROJECT / "config"),
        **given,
        "AMQP_URI": broker.uri,
        "MONGO_URI": database.uri,
    }
