"""The broker: AMQP_URI if set, else a private RabbitMQ node of an installed rabbitmq-server."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from amqp.exceptions import AccessRefused
from kombu import Connection

from services.adapters.partitions import PLUGIN, spread
from services.console.stack import definitions, whole
from services.console.stack.certificates import Certificates
from services.console.stack.failure import StackFailed
from services.console.stack.install import install_rabbitmq, may_install
from services.console.stack.layout import Layout
from services.console.stack.ports import LOOPBACK
from services.console.stack.program import Program, Server
from services.console.stack.secrets import Secrets
from services.contracts.partitions import MOST
from services.contracts.topology import BULK_BYTES, MQTT, service_user

OTHER = "HAOPING_RABBITMQ"
PORTS = ("amqp", "mqtt", "erlang", "epmd")
TLS_PORTS = ("amqps", "mqtts")
PLUGINS = ("rabbitmq_mqtt", PLUGIN)
PARTITIONS = "HAOPING_PARTITIONS"
USER = "haoping"
SCHEMES = frozenset({"amqp", "amqps", "pyamqp"})
CONNECT_S = 3
LARGEST_BYTES = 4 * BULK_BYTES
REFUSED = "mend AMQP_URI, or for a private node bring back or delete the whole state folder."
CHOICES = """No broker was found. Choose one:
  - install RabbitMQ: apt-get install rabbitmq-server, dnf install rabbitmq-server, \
brew install rabbitmq
  - run this once as root on Debian or Ubuntu, and it is installed for you
  - set AMQP_URI to a broker that is running, such as amqp://user:password@host:5672/"""
FOLDERS = (
    "/usr/lib/rabbitmq/bin",
    "/usr/local/opt/rabbitmq/sbin",
    "/opt/homebrew/opt/rabbitmq/sbin",
)
CONFIGURATION = """\
listeners.tcp.1 = {host}:{amqp}
max_message_size = {largest}
load_definitions = rabbitmq/definitions.json
mqtt.listeners.tcp.1 = {host}:{mqtt}
mqtt.allow_anonymous = false
mqtt.exchange = {exchange}
log.console = true
log.console.level = info
log.file = false
vm_memory_high_watermark.relative = 0.25
disk_free_limit.absolute = 500MB
"""
LOOPBACK_ONLY = "-kernel inet_dist_use_interface {127,0,0,1}"
WAIT_ASLEEP = "+sbwt none +sbwtdcpu none +sbwtdio none"
"""Erlang's threads leave the processors to others while they wait; see RabbitMQ's guide on them."""
SECURED = """\
listeners.ssl.1 = {host}:{amqps}
mqtt.listeners.ssl.1 = {host}:{mqtts}
ssl_options.cacertfile = {authority}
ssl_options.certfile = {certificate}
ssl_options.keyfile = {key}
ssl_options.verify = verify_none
ssl_options.versions.1 = tlsv1.3
ssl_options.versions.2 = tlsv1.2
"""


def find() -> Path | None:
    """The folder with the scripts of an installed RabbitMQ that need no other user.

    HAOPING_RABBITMQ names one, and then there is no other. Raises StackFailed if it is none.
    """
    if other := os.environ.get(OTHER):
        if not _is_usable(Path(other)):
            raise StackFailed(
                f"{OTHER} names {other}, where no rabbitmq-server is; mend or unset it"
            )
        return Path(other)
    folders = [Path(folder) for folder in FOLDERS]
    folders += sorted(Path("/usr/lib/rabbitmq/lib").glob("*/sbin"), reverse=True)
    if on_path := shutil.which("rabbitmq-server"):
        folders.append(Path(on_path).resolve().parent)
    return next(filter(_is_usable, folders), None)


def _is_usable(folder: Path) -> bool:
    return os.access(folder / "rabbitmq-server", os.X_OK) and (folder / "rabbitmq-env").exists()


def find_epmd() -> str | None:
    """Erlang's port mapper, which may hide beside its runtime."""
    hidden = (str(path) for path in sorted(Path("/usr/lib/erlang").glob("erts-*/bin/epmd")))
    return shutil.which("epmd", path=_path()) or next(hidden, None)


def _path() -> str:
    return os.pathsep.join((os.environ.get(OTHER, ""), os.environ.get("PATH", os.defpath)))


def pick(
    environ: Mapping[str, str],
    layout: Layout,
    secrets: Secrets,
    ports: Mapping[str, int],
    certificates: Certificates | None = None,
) -> Server:
    """The broker to use; a private one with certificates speaks TLS as well, on ports of its own.

    Raises StackFailed, with the choices, when there is none.
    """
    if uri := environ.get("AMQP_URI"):
        return Server("AMQP_URI", uri, "Broker: the one named by AMQP_URI.", lambda: version(uri))
    return _private(layout, secrets, ports, certificates, _partitions(environ))


def _partitions(environ: Mapping[str, str]) -> int:
    wanted = environ.get(PARTITIONS) or "1"
    if wanted in map(str, range(1, MOST + 1)):
        return int(wanted)
    raise StackFailed(f"{PARTITIONS} is {wanted!r}; say how many there shall be, 1 to {MOST}")


def _spread(uri: str, partitions: int) -> None:
    with Connection(uri) as connection:
        spread(connection.default_channel, partitions)


def connection_to(uri: str, **options: Any) -> Connection:
    """A connection, not opened yet. Raises StackFailed for what is no address of a broker.

    The address is not said again, for there may be a password in it.
    """
    try:
        said = urlsplit(uri.partition(";")[0])
        is_address = said.scheme in SCHEMES and said.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise StackFailed("The broker's address must be like amqp://user:password@host:5672/")
    return Connection(uri, connect_timeout=CONNECT_S, **options)


def version(uri: str) -> str:
    """Connect, authenticate and return the broker's name and version.

    Raises StackFailed when the broker refuses the user, for asking again would not help.
    """
    try:
        with connection_to(uri) as connection:
            properties = connection.connect().server_properties
    except AccessRefused as error:
        raise StackFailed(f"The broker refuses the user or password: {REFUSED}") from error
    return f"{properties.get('product', 'AMQP broker')} {properties.get('version', '')}".strip()


def _private(
    layout: Layout,
    secrets: Secrets,
    ports: Mapping[str, int],
    certificates: Certificates | None,
    partitions: int,
) -> Server:
    scripts, how = find(), "installed"
    if scripts is None and may_install():
        install_rabbitmq()
        scripts, how = find(), "just installed with apt"
    epmd = find_epmd()
    if scripts is None or epmd is None:
        raise StackFailed(CHOICES)
    _write_configuration(layout, secrets, ports, certificates)
    whole.write(layout.home / ".erlang.cookie", secrets.erlang_cookie.encode())
    where = f"{LOOPBACK}:{ports['amqp']}/"
    uri = f"amqp://{USER}:{secrets.broker_password}@{where}"
    return Server(
        "rabbitmq",
        uri,
        f"Broker: a private RabbitMQ node ({how}) on {LOOPBACK}:{ports['amqp']}.",
        lambda: version(uri),
        programs=(_epmd(ports), _rabbitmq()),
        environment=environment(layout, ports),
        path=(str(scripts), str(Path(epmd).parent)),
        arrange=partial(_spread, uri, partitions),
        uris={
            name: f"amqp://{service_user(name)}:{password}@{where}"
            for name, password in secrets.service_passwords.items()
        },
    )


def _epmd(ports: Mapping[str, int]) -> Program:
    port = ports["epmd"]
    return Program("epmd", f"epmd -address {LOOPBACK} -port {port}", "servers", opens=port)


def _rabbitmq() -> Program:
    return Program("rabbitmq", "rabbitmq-server", "servers", at_home=True)


def _write_configuration(
    layout: Layout, secrets: Secrets, ports: Mapping[str, int], certificates: Certificates | None
) -> None:
    layout.broker.joinpath("conf.d").mkdir(exist_ok=True)
    everything = definitions.everything(USER, secrets.broker_password, secrets.service_passwords)
    files = {
        "rabbitmq.conf": CONFIGURATION.format(
            host=LOOPBACK,
            exchange=MQTT,
            largest=LARGEST_BYTES,
            amqp=ports["amqp"],
            mqtt=ports["mqtt"],
        )
        + _secured(ports, certificates),
        "definitions.json": json.dumps(everything, indent=1),
        "enabled_plugins": f"[{','.join(PLUGINS)}].\n",
        "advanced.config": "[].\n",
        "rabbitmq-env.conf": "",
    }
    for name, content in files.items():
        whole.write(layout.broker / name, content.encode())


def _secured(ports: Mapping[str, int], certificates: Certificates | None) -> str:
    if certificates is None:
        return ""
    return SECURED.format(
        host=LOOPBACK,
        amqps=ports["amqps"],
        mqtts=ports["mqtts"],
        authority=certificates.authority,
        certificate=certificates.certificate,
        key=certificates.key,
    )


def environment(layout: Layout, ports: Mapping[str, int]) -> dict[str, str]:
    """Every place where RabbitMQ would look outside our folder, and every address it opens."""
    folder = layout.broker
    return {
        "RABBITMQ_NODENAME": "haoping@localhost",
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONFIG_FILES": str(folder / "conf.d"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_DIST_PORT": str(ports["erlang"]),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{LOOPBACK_ONLY} {WAIT_ASLEEP}",
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_EPMD_PORT": str(ports["epmd"]),
    }
