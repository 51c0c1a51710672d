"""The nameko services as programs of the stack, and what their environment tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.adapters.logs import TEXT
from services.console.stack.certificates import Certificates
from services.console.stack.layout import PROJECT
from services.console.stack.ports import LOOPBACK
from services.console.stack.program import CONFIGURATION, PYTHON, Program, Server
from services.console.stack.secrets import Secrets

PAGES = "portal"
BEHIND = ("capture", "store", "rectify", "score", "registry")
ALL = (*BEHIND, PAGES)
EVERYWHERE = "0.0.0.0"  # noqa: S104 # nosec B104 # asked for by naming a host


@dataclass(frozen=True)
class Door:
    """How the pages are reached: over plain HTTP on loopback, or over TLS.

    With `hosts`, the names of this machine besides loopback's, they are open to the network.
    """

    hosts: tuple[str, ...] = ()
    certificates: Certificates | None = None

    @property
    def scheme(self) -> str:
        """What the address begins with."""
        return "https" if self.certificates else "http"

    def url(self, port: int) -> str:
        """The address as it stands on links and in QR codes."""
        return f"{self.scheme}://{(*self.hosts, LOOPBACK)[0]}:{port}"

    def environment(self, port: int) -> dict[str, str]:
        """What the portal is told about its own address."""
        address = {"WEB_SERVER_ADDRESS": f"{EVERYWHERE if self.hosts else LOOPBACK}:{port}"}
        if self.certificates is None:
            return address
        files = {
            "HAOPING_TLS_CERT": str(self.certificates.certificate),
            "HAOPING_TLS_KEY": str(self.certificates.key),
        }
        return address | files


PLAIN = Door()


def program(name: str, port: int, door: Door = PLAIN, amqp_uri: str = "") -> Program:
    """A service by its name: `capture` is `services.capture.service:Capture` on its own port."""
    own = (door if name == PAGES else PLAIN).environment(port)
    return Program(
        name,
        f"{PYTHON} -m nameko run --config {CONFIGURATION} "
        f"services.{name}.service:{name.capitalize()}",
        "services",
        environment={**own, "AMQP_URI": amqp_uri},
    )


def environment(
    given: Mapping[str, str],
    database: Server,
    secrets: Secrets,
    ports: Mapping[str, int],
    door: Door = PLAIN,
) -> dict[str, str]:
    """What every service is told, except its own address; `given` may choose but not contradict."""
    return {
        **_public(ports, door),
        "MONGO_DATABASE": "haoping",
        "HAOPING_CLOCK": "system",
        "HAOPING_LOG": TEXT,
        "HAOPING_MASTER_KEY_FILE": str(secrets.master_key_file),
        "HAOPING_LEDGER_KEY_FILE": str(secrets.ledger_key_file),
        "HAOPING_ADMIN_TOKEN_HASH": secrets.admin_token_hash,
        "HAOPING_CONFIG_DIR": str(PROJECT / "config"),
        **{name: value for name, value in given.items() if name != "AMQP_URI"},
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


def _public(ports: Mapping[str, int], door: Door) -> dict[str, str]:
    """Links and QR codes open the pages that run here."""
    return {"HAOPING_PUBLIC_URL": door.url(ports[PAGES])} if PAGES in ports else {}
