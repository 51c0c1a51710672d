"""The image: from a pinned base, of what is locked, without a secret, for nobody of importance."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.adapters.settings import ROOT
from tests.deploy.project import written

LINES = (ROOT / "Dockerfile").read_text().replace("\\\n", "").splitlines()
LOCKS = ("requirements.txt", "requirements-dev.txt")


def said(instruction: str) -> list[str]:
    """What stands behind each instruction of a kind."""
    start = f"{instruction} "
    return [line.removeprefix(start) for line in LINES if line.startswith(start)]


def test_its_base_is_one_exact_release() -> None:
    [base] = said("FROM")
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", base)


def test_it_runs_as_the_user_that_the_containers_name() -> None:
    [user] = said("USER")
    named = {each["user"] for each in written()["services"].values() if "build" in each}
    assert {user} == named == {"10001"}
    assert any(f"useradd --uid {user} " in line for line in said("RUN"))


def test_only_what_is_locked_by_hash_is_installed() -> None:
    installs = [part for line in said("RUN") for part in line.split("&&") if "install" in part]
    assert len(installs) == 2
    for install in installs:
        assert "--require-hashes -r requirements.txt" in install or "--no-deps" in install
        assert not re.search(r"apt|curl|wget|://", install)


def test_it_takes_along_what_runs_and_nothing_that_is_secret() -> None:
    copied = [line.split()[0] for line in said("COPY")]
    assert copied == ["requirements.txt", "pyproject.toml", "services", "clients", "config"]
    assert said("ADD") == said("ARG") == []
    names = [path.name for each in copied if (ROOT / each).is_dir() for path in _files(ROOT / each)]
    assert not [name for name in names if re.search(r"\.(key|pem|password|token)$", name)]
    assert not re.search("password|secret|token", " ".join(said("ENV")), re.IGNORECASE)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_a_hash_for_every_package_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    packages = re.findall(r"(?m)^[a-z][\w.-]*==.*(?:\n    --hash=sha256:[0-9a-f]{64}.*)+", text)
    assert len(packages) == len(re.findall(r"(?m)^\S+==", text)) > 0
    assert "://" not in text
    assert not re.search(r"(?m)^-", text)
