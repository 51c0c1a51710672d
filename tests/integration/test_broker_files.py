"""The files that a broker of one's own mounts: a private RabbitMQ takes them as they are."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator

import httpx
import pytest
import yaml
from kombu import Connection, Producer
from typer.testing import CliRunner

from services.console.app import program
from services.console.stack import Stack, node
from services.console.stack.layout import Layout
from services.console.stack.ports import LOOPBACK, claim
from services.contracts import topology
from services.contracts.access import ACCESS
from services.contracts.partitions import WHOLE, partitions_of
from tests import web
from tests.deploy.project import ROOT
from tests.integration.bus import eventually, waiting

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        bool(os.environ.get("HAOPING_TEST_AMQP_URI")), reason="looks at a broker of our own only"
    ),
]
FILES = ROOT / "config" / "rabbitmq"
MOUNTED = ("haoping.conf", "loading.conf", "cluster.conf")
HERE = """\
prometheus.tcp.port = {port}
prometheus.tcp.ip = {host}
cluster_formation.discovery_retry_limit = 1
"""
"""On ports of ours, and without waiting for nodes that are not there."""
AS_IT_COMES = "disk_free_limit.absolute = 50MB\n"
"""What a broker does of itself, which the private one's own settings do not let it."""
ASKED = re.compile(r"rabbitmq_[a-z_]+")
PARTED = re.compile(r"\{__name__=~\"(rabbitmq_\w+)\((\w+)\|(\w+)\)(\w+)\"\}")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> int:
    """The port on which the broker tells its counts."""
    return claim(["prometheus"], {})["prometheus"]


@pytest.fixture(scope="module")
def broker(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory, prometheus: int
) -> Iterator[Stack]:
    """A broker that begins with these files, the definitions of `deploy secrets` among them."""
    layout = Layout.of(tmp_path_factory.mktemp("broker"))
    layout.prepare()
    told = CliRunner().invoke(program("deploy"), ["deploy", "secrets", str(layout.secrets)])
    assert told.exit_code == 0, told.output
    folder = layout.broker / "conf.d"
    folder.mkdir()
    for name in MOUNTED:
        text = (FILES / name).read_text()
        text = text.replace("/etc/rabbitmq/definitions.json", f"{layout.secrets}/broker.json")
        (folder / name).write_text(text.replace("= rabbit@rabbitmq\n", "= haoping@localhost\n"))
    (folder / "10-as-it-comes.conf").write_text(AS_IT_COMES)
    (folder / "99-here.conf").write_text(HERE.format(port=prometheus, host=LOOPBACK))
    with Stack(layout.state, environment={"AMQP_URI": "", "MONGO_URI": stack.mongo_uri}) as running:
        plugins = re.findall(r"\w+", (FILES / "enabled_plugins").read_text())
        node.control(layout, running._ports, "enable", *plugins, tool="rabbitmq-plugins")
        yield running


def test_the_queues_are_there_before_any_service_is(broker: Stack) -> None:
    names = [queue.name for queue in topology.WORK_QUEUES]
    assert [waiting(broker.amqp_uri, name) for name in names] == [0] * len(names)


def test_there_is_nobody_called_guest(broker: Stack) -> None:
    said = node.control(
        broker.layout, broker._ports, "list_users", "--silent", "--no-table-headers"
    )
    users = {line.split("\t")[0] for line in said.splitlines()}
    assert users == {"haoping", *map(topology.service_user, ACCESS)}


def test_the_settings_are_in_force(broker: Stack) -> None:
    said = node.control(broker.layout, broker._ports, "environment", "--silent")
    assert "{max_message_size,1048576}" in said
    assert f'{{exchange,<<"{topology.MQTT}">>}}' in said


def test_presses_are_refused_before_the_disk_is_full(broker: Stack) -> None:
    said = node.control(broker.layout, broker._ports, "status", "--formatter", "json")
    assert json.loads(said)["disk_free_limit"] == 500_000_000


def test_the_broker_counts_whatever_alerts_and_dashboard_ask_it(
    broker: Stack, prometheus: int
) -> None:
    rules = yaml.safe_load((ROOT / "config" / "prometheus" / "alerts.yaml").read_text())
    text = " ".join(rule["expr"] for group in rules["groups"] for rule in group["rules"])
    text += (ROOT / "config" / "grafana" / "dashboards" / "haoping.json").read_text()
    text = PARTED.sub(r"\1\2\4 \1\3\4", text)
    told = web.get(f"http://{LOOPBACK}:{prometheus}/metrics")
    assert told.status_code == httpx.codes.OK
    counted = {line.split("{")[0].split(" ")[0] for line in told.text.splitlines()}
    assert set(ASKED.findall(text)) - counted == set()


def test_a_press_comes_once_after_the_next_start_of_a_broker_with_partitions(
    broker: Stack,
) -> None:
    """At every start it takes up its definitions again, which `import_definitions` does here."""
    secrets = broker.layout.secrets
    for asked in (
        ["device", "partitions", "2", "--uri", broker.amqp_uri],
        ["deploy", "secrets", str(secrets), "--partitions", "2"],
        ["deploy", "secrets", str(secrets)],
    ):
        done = CliRunner().invoke(program(asked[0]), asked)
        assert done.exit_code == 0, done.output
    file = str(secrets / "broker.json")
    node.control(broker.layout, broker._ports, "import_definitions", file)
    exchange, _, key = WHOLE
    with Connection(broker.amqp_uri, transport_options={"confirm_publish": True}) as connection:
        Producer(connection).publish(b"a press", exchange=exchange, routing_key=key)
    names = partitions_of(topology.STORE_RATINGS.name, 2)
    eventually(lambda: sum(waiting(broker.amqp_uri, name) for name in names) > 0)
    assert sum(waiting(broker.amqp_uri, name) for name in names) == 1
