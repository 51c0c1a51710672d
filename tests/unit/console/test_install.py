"""Installing RabbitMQ, with an apt-get that only writes down what it was asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.console.stack import StackFailed
from services.console.stack.install import install_rabbitmq

APT = """#!/bin/sh
[ -x "{policy}" ] && hook=with || hook=without
echo "$1 $hook policy" >> {said}
echo "E: no such package"
[ -e {works} ] || {{ [ "$1" = update ] && {touch}; exit 1; }}
"""


class Machine:
    """A folder with an apt-get of our own, put first on PATH."""

    def __init__(self, folder: Path) -> None:
        self.policy = folder / "policy-rc.d"
        self.said = folder / "said"
        self.works = folder / "works"
        self.apt = folder / "apt-get"

    def write_apt(self, on_update: str) -> None:
        script = APT.format(policy=self.policy, said=self.said, works=self.works, touch=on_update)
        self.apt.write_text(script)
        self.apt.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        return self.said.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine on which apt-get finds nothing until `works` exists."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    machine = Machine(tmp_path)
    machine.write_apt(on_update="true")
    return machine


def test_an_installation_starts_no_service_and_leaves_no_policy_behind(machine: Machine) -> None:
    machine.works.touch()
    install_rabbitmq(machine.policy)
    assert machine.asked == ["install with policy"]
    assert not machine.policy.exists()


def test_a_policy_that_the_machine_has_already_is_left_alone(machine: Machine) -> None:
    machine.works.touch()
    machine.policy.write_text("mine")
    install_rabbitmq(machine.policy)
    assert machine.policy.read_text() == "mine"


def test_old_package_lists_are_renewed(machine: Machine) -> None:
    machine.write_apt(on_update=f"touch {machine.works}")
    install_rabbitmq(machine.policy)
    assert machine.asked == ["install with policy", "update with policy", "install with policy"]


def test_what_apt_said_is_quoted_when_it_fails(machine: Machine) -> None:
    with pytest.raises(StackFailed, match="no such package"):
        install_rabbitmq(machine.policy)
    assert not machine.policy.exists()
