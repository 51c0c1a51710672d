"""The embedded stack, with real servers: what it opens, what it survives, what it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from kombu import Connection, Queue
from pymongo import MongoClient

from services.console.stack import Stack, StackFailed
from services.console.stack.layout import Layout
from services.console.stack.processes import owned
from services.console.stack.waiting import wait_until
from tests.integration.strangers import STRANGER, interpreter_of_a_stranger, packages

pytestmark = pytest.mark.integration

PATIENCE_S = 60.0
LOOPBACK = {"127.0.0.1", "::1"}
PRIVATE = {"AMQP_URI": "", "MONGO_URI": ""}
WORK = ("pressed", {"_id": "kept"})
UP = ("-m", "services.console", "up", "--servers-only", "--state")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder of its own, checked to be without processes when the test is over."""
    yield tmp_path / "state"
    assert owned(tmp_path / "state") == []


@contextmanager
def up(
    state: Path, *command: str, environment: Mapping[str, str] = os.environ
) -> Iterator[subprocess.Popen[str]]:
    """`haoping up` as a process of its own, from when it says that it runs."""
    process = subprocess.Popen(
        [*(command or (sys.executable,)), *UP, str(state)],
        env={**environment, **PRIVATE},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        read_until(process, "Running.")
        yield process
    finally:
        process.kill()
        process.wait()


def read_until(process: subprocess.Popen[str], word: str) -> str:
    """What the process says up to a line with this word."""
    said = ""
    for line in process.stdout or ():
        said += line
        if word in line:
            return said
    raise AssertionError(f"it ended without saying {word!r}:\n{said}")


def listening(state: Path) -> set[tuple[str, int]]:
    """Every address on which a process of the stack takes connections."""
    return {
        (connection.laddr.ip, connection.laddr.port)
        for process in owned(state)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def gone(pids: set[int]) -> None:
    """Raises OSError while one of these processes lives."""
    seen = psutil.process_iter(["status"])
    living = {p.pid for p in seen if p.info["status"] != psutil.STATUS_ZOMBIE}
    if left := pids & living:
        raise OSError(f"{left} still run")


def supervisor_of(state: Path) -> int:
    """The pid of the stack's supervisord."""
    return next(p.pid for p in owned(state) if "supervisor.supervisord" in p.cmdline())


def record(state: Path) -> dict[str, Any]:
    """What the running stack says about itself."""
    return dict(json.loads(Layout.of(state).record.read_text()))


def leave_work(state: Path) -> None:
    """Put a confirmed persistent message and an acknowledged document into the servers."""
    uris = record(state)
    with Connection(uris["amqp_uri"], transport_options={"confirm_publish": True}) as connection:
        queue = Queue("work", durable=True, queue_arguments={"x-queue-type": "quorum"})
        producer = connection.Producer()
        producer.publish("pressed", routing_key="work", declare=[queue])
    with MongoClient[dict[str, str]](uris["mongo_uri"]) as client:
        client.test.ratings.insert_one({"_id": "kept"})


def work_left(state: Path) -> tuple[str, dict[str, str] | None]:
    """The message and the document that `leave_work` put there; raises until both answer."""
    uris = record(state)
    with Connection(uris["amqp_uri"]) as connection:
        queue = connection.SimpleQueue(Queue("work", no_declare=True))
        message = queue.get(timeout=5)
        message.requeue()
    with MongoClient[dict[str, str]](uris["mongo_uri"]) as client:
        return message.payload, client.test.ratings.find_one()


def never() -> bool:
    """There is always hope."""
    return False


def test_every_server_listens_on_loopback_only(stack: Stack) -> None:
    ports = json.loads(stack.layout.record.read_text())["ports"]
    addresses = listening(stack.layout.state)
    assert {address for address, _ in addresses} <= LOOPBACK
    assert {port for _, port in addresses} == set(ports.values())


def test_strangers_are_not_let_in(stack: Stack) -> None:
    broker = stack.amqp_uri.replace("haoping:", "guest:guest-not-")
    with pytest.raises(Exception, match="ACCESS_REFUSED"), Connection(broker) as connection:
        connection.connect()
    port = stack.mongo_uri.split("@")[1].split("/")[0]
    with (
        MongoClient[dict[str, str]](f"mongodb://{port}/?directConnection=true") as client,
        pytest.raises(Exception, match="requires authentication"),
    ):
        client.test.ratings.find_one()


def test_a_second_stack_in_the_same_folder_is_refused(stack: Stack) -> None:
    with pytest.raises(StackFailed, match="already running"), Stack(stack.layout.state):
        pass


def test_secrets_are_readable_by_their_owner_only(stack: Stack) -> None:
    private = [*stack.layout.secrets.iterdir(), stack.layout.configuration]
    assert {path.stat().st_mode & 0o077 for path in private} == {0}
    assert stack.layout.state.stat().st_mode & 0o077 == 0


def test_ctrl_c_stops_everything_and_stale_pid_files_harm_nobody(state: Path) -> None:
    layout = Layout.of(state)
    layout.prepare()
    with subprocess.Popen(["sleep", "600"]) as bystander, ExitStack() as after:
        after.callback(bystander.kill)
        for name in ("supervisord.pid", "lock", "stack.json"):
            (state / name).write_text(f"{bystander.pid}")
        with up(state) as process:
            started = {p.pid for p in owned(state)}
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 0
        gone(started)
        assert bystander.poll() is None


def test_work_survives_when_everything_that_watches_over_it_is_killed(state: Path) -> None:
    with up(state) as process:
        leave_work(state)
        ports = record(state)["ports"]
        supervisor = supervisor_of(state)
        process.kill()
        os.kill(supervisor, signal.SIGKILL)
        process.wait()
    assert len(owned(state)) > 0
    with Stack(state, environment=PRIVATE) as stack:
        assert len(stack.ended_before) > 0
        assert record(state)["ports"] == ports
        assert work_left(state) == WORK


def test_a_killed_up_takes_its_stack_along(state: Path) -> None:
    with up(state) as process:
        started = {p.pid for p in owned(state)}
    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: gone(started), "the end", PATIENCE_S, Layout.of(state).lock, never)


def test_a_killed_supervisor_ends_the_stack_with_a_word(state: Path) -> None:
    with up(state) as process:
        os.kill(supervisor_of(state), signal.SIGKILL)
        assert "The supervisor of the stack was killed" in read_until(process, "killed")
        assert process.wait(PATIENCE_S) == 1


def test_what_is_killed_inside_the_stack_is_started_again(state: Path) -> None:
    with Stack(state, environment=PRIVATE) as stack:
        leave_work(state)
        before = {name: stack.pid(name) for name in ("secantusdb", "rabbitmq")}
        for name in before:
            stack.kill(name)
        left = wait_until(
            lambda: work_left(state), "the servers", PATIENCE_S, stack.log("supervisord"), never
        )
        assert left == WORK
        assert all(stack.pid(name) not in {0, pid} for name, pid in before.items())


def test_an_ordinary_user_runs_it_too() -> None:
    python = interpreter_of_a_stranger()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        state = Path(folder) / "state"
        with up(state, *STRANGER, python, environment=packages()) as process:
            owners = {p.uids().real for p in psutil.Process(process.pid).children(recursive=True)}
            assert owners == {65534}
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
