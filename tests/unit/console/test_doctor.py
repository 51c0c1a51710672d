"""What the doctor tells to do: commands to copy that put right what they are told for."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from services.console import examination
from services.console.app import COMMANDS, program
from services.console.doctor import hints
from services.console.findings import HAOPING, Finding, Verdict
from services.console.quiet import FIXES, watched
from services.console.stack.layout import Layout
from services.console.stack.lock import Lock
from services.console.stack.ports import LOOPBACK, claim
from services.console.stack.processes import stamp
from services.console.stack.secrets import Secrets
from services.store.forms import Finding as Watched

KINDS: tuple[str, ...] = get_args(Watched.model_fields["kind"].annotation)
PASSWORD = "hunter-12-hunter"
TOLD = {"channels": [], "devices_heard": 0, "devices_expected": 1}


def free_port() -> int:
    """A port on which nobody listens."""
    return claim(["nobody"], {})["nobody"]


def too_quiet() -> Iterator[Finding]:
    """One finding of the watch of each kind."""
    for kind in KINDS:
        said = {"kind": kind, "subject": "sms", "detail": "quiet", "do": "look"}
        yield from watched({**TOLD, "findings": [said]}, "http://127.0.0.1:1", "/admin.token")


def exposed(folder: Path) -> Layout:
    """A state folder with secrets that others may read."""
    layout = Layout.of(folder / "a state")
    layout.prepare()
    Secrets.of(layout.secrets)
    for name in ("master.key", "ledger.key"):
        (layout.secrets / name).chmod(0o644)
    return layout


def all_wrong(folder: Path) -> list[Finding]:
    """Nearly whatever can be found that is not good, on a machine where everything is wrong."""
    layout, away = exposed(folder), f"{LOOPBACK}:{free_port()}"
    return [
        examination.python((3, 10)),
        examination.broker_finding({"AMQP_URI": f"amqp://haoping:{PASSWORD}@{away}/"}),
        examination.private_broker(None, installable=False),
        examination.private_broker(None, installable=True),
        examination.database_finding({"MONGO_URI": f"mongodb://haoping:{PASSWORD}@{away},{away}/"}),
        examination.database_finding({}),
        examination.folder(layout),
        *_half_running(layout),
        *too_quiet(),
    ]


def _half_running(layout: Layout) -> Iterator[Finding]:
    """A stack that has only begun, then one in which no service answers."""
    lock = Lock(layout.lock)
    lock.acquire()
    yield from examination.running(layout)[1:]
    nobody = f"http://{LOOPBACK}:{free_port()}"
    told = {"services": {"store": nobody}, "authority": None, "ports": {"store": free_port()}}
    layout.record.write_text(json.dumps(told))
    yield from examination.running(layout)[1:]
    lock.release()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """Everything that is wrong, the disk included; a server that is away is waited for once."""
    folder = tmp_path_factory.mktemp("wrong")
    with pytest.MonkeyPatch.context() as needing:
        needing.setattr(examination, "NEEDED_BYTES", 10**18)
        return [*all_wrong(folder), examination.disk(Layout.of(folder))]


def test_whatever_is_not_good_comes_with_a_command(found: list[Finding]) -> None:
    assert {each.verdict for each in found} == {Verdict.WRONG, Verdict.NOTE}
    assert [each.what for each in found if not each.fix] == []


def test_every_kind_of_silence_has_its_command() -> None:
    assert set(FIXES) == set(KINDS)


def test_the_hints_are_one_script_for_a_shell(found: list[Finding]) -> None:
    script = "\n".join(hints(found))
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    said = [line for line in script.splitlines() if line.startswith("# ")]
    assert len(said) == len(found)
    assert said[0] == "# Python: 3.10 is too old; install Python 3.11 or newer"


def test_the_hints_give_no_password_away(found: list[Finding]) -> None:
    assert PASSWORD not in "\n".join(hints(found))


def test_what_the_hints_say_of_haoping_it_understands(found: list[Finding]) -> None:
    own = [line.split() for each in found for line in each.fix if line.startswith(HAOPING)]
    assert own
    for _, name, *words in own:
        assert CliRunner().invoke(program(name), [name, *words, "--help"]).exit_code == 0


def test_a_secret_that_others_may_read_is_closed_by_the_command(tmp_path: Path) -> None:
    layout = exposed(tmp_path)
    [close] = examination.folder(layout).fix
    subprocess.run(["bash", "-c", close], check=True)
    assert examination.folder(layout).verdict is Verdict.GOOD


def test_the_command_tells_whether_anybody_listens() -> None:
    def listens(port: int) -> bool:
        [try_it] = examination.tries_of(f"amqp://{LOOPBACK}:{port}/")
        return subprocess.call(["bash", "-c", try_it]) == 0

    with socket.create_server((LOOPBACK, 0)) as server:
        assert listens(server.getsockname()[1])
    assert not listens(free_port())


def test_what_a_killed_stack_left_is_ended_by_starting_again(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    environment = stamp(layout.state, "killed")
    with subprocess.Popen(["sleep", "60"], env=environment) as left:
        [finding] = examination.running(layout)
        left.kill()
    assert (finding.verdict, str(left.pid) in finding.words) == (Verdict.NOTE, True)
    assert finding.fix == (f"{HAOPING} up --state {layout.state}",)


def test_hints_are_told_when_they_are_asked_for(tmp_path: Path) -> None:
    layout = exposed(tmp_path)

    def told(*words: str) -> str:
        asked = ["doctor", "--state", str(layout.state), *words]
        environment = {"AMQP_URI": "", "MONGO_URI": "", "COLUMNS": "240"}
        result = CliRunner(env=environment).invoke(program(*COMMANDS), asked)
        assert result.exit_code == 1
        return result.output

    assert "chmod 600 '" in told("--fix-hints")
    assert "chmod 600 '" not in told()


@pytest.mark.parametrize(
    ("uri", "tried"),
    [
        ("amqp://h/", ["/dev/tcp/h/5672"]),
        ("amqps://u:p@h//", ["/dev/tcp/h/5671"]),
        ("amqp://u:p@[::1]:5/", ["/dev/tcp/::1/5"]),
        ("mongodb://u:p@a:1,b,c:3/?x=1", ["/dev/tcp/a/1", "/dev/tcp/b/27017", "/dev/tcp/c/3"]),
        ("mongodb://a:nonsense/", ["/dev/tcp/a/nonsense"]),
    ],
)
def test_every_server_of_an_address_is_tried(uri: str, tried: list[str]) -> None:
    script = "\n".join(examination.tries_of(uri))
    assert re.findall(r"/dev/tcp/[^'\s]+", script) == tried
