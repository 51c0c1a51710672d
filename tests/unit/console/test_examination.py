"""What the doctor says."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.console import examination
from services.console.findings import Verdict
from services.console.quiet import watched
from services.console.stack import broker as brokers
from services.console.stack.failure import StackFailed
from services.console.stack.layout import Layout
from services.console.stack.lock import Lock
from services.console.stack.ports import LOOPBACK, claim
from services.console.stack.secrets import Secrets


def test_an_old_python_is_wrong_and_what_to_do_is_said() -> None:
    assert examination.python((3, 10)).verdict is Verdict.WRONG
    assert "install" in examination.python((3, 10)).words
    assert examination.python((3, 11)).verdict is Verdict.GOOD


def test_servers_that_do_not_answer_are_wrong_and_their_setting_is_named() -> None:
    port = claim(["nobody"], {})["nobody"]
    broker = examination.broker_finding({"AMQP_URI": f"amqp://{LOOPBACK}:{port}/"})
    assert (broker.verdict, "AMQP_URI" in broker.words) == (Verdict.WRONG, True)


def test_a_password_whose_file_is_missing_is_wrong_and_the_file_is_named(tmp_path: Path) -> None:
    told = {"AMQP_URI": f"amqp://haoping@{LOOPBACK}/", "AMQP_PASSWORD_FILE": f"{tmp_path}/none"}
    broker = examination.broker_finding(told)
    assert (broker.verdict, f"{tmp_path}/none" in broker.words) == (Verdict.WRONG, True)


def test_secrets_that_others_may_read_are_named(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path / "state")
    layout.prepare()
    Secrets.of(layout.secrets)
    assert examination.folder(layout).verdict is Verdict.GOOD
    (layout.secrets / "master.key").chmod(0o644)
    finding = examination.folder(layout)
    assert finding.verdict is Verdict.WRONG
    assert "master.key" in finding.words


def test_a_folder_that_does_not_exist_yet_is_no_fault(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path / "state")
    assert examination.folder(layout).verdict is Verdict.GOOD
    assert "not running" in examination.running(layout)[0].words
    assert not layout.state.exists()


def test_a_running_stack_is_told_from_one_that_is_not(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    lock.acquire()
    findings = examination.running(Layout.of(tmp_path))
    lock.release()
    assert "running as process" in findings[0].words


def test_without_any_broker_all_choices_are_listed() -> None:
    finding = examination.private_broker(None, installable=False)
    assert finding.verdict is Verdict.WRONG
    assert "AMQP_URI" in finding.words
    assert "apt-get install" in finding.words


def test_a_broker_that_can_be_installed_is_not_missing() -> None:
    assert examination.private_broker(None, installable=True).verdict is Verdict.NOTE
    assert examination.private_broker(Path("/usr/sbin"), installable=False).verdict is Verdict.GOOD


FINDING = {"subject": "sms", "detail": "no rating since noon", "do": "run the selftest"}
WHERE = "http://127.0.0.1:1", "/secrets/admin.token"
TOLD = {"channels": [{"ratings": 3}, {"ratings": 0}], "devices_heard": 1, "devices_expected": 2}


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("channel_still", Verdict.WRONG),
        ("never_bad", Verdict.WRONG),
        ("device_silent", Verdict.WRONG),
        ("channel_unused", Verdict.NOTE),
        ("no_ratings", Verdict.NOTE),
    ],
)
def test_what_is_too_quiet_alarms_unless_it_is_not_in_use(kind: str, verdict: Verdict) -> None:
    [finding] = watched({**TOLD, "findings": [{"kind": kind, **FINDING}]}, *WHERE)
    assert (finding.verdict, finding.what) == (verdict, "Watch: sms")
    assert finding.words == "no rating since noon; run the selftest"


def test_when_all_is_lively_it_says_how_much_was_looked_at() -> None:
    [finding] = watched({**TOLD, "findings": []}, *WHERE)
    assert finding.verdict is Verdict.GOOD
    assert finding.words == "1 channels move; 1 of 2 devices were heard"


def test_a_broker_of_another_folder_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(brokers.OTHER, str(tmp_path))
    with pytest.raises(StackFailed, match=str(tmp_path)):
        brokers.find()
    for name in ("rabbitmq-server", "rabbitmq-env"):
        (tmp_path / name).touch(mode=0o700)
    assert brokers.find() == tmp_path
