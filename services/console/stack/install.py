"""Installing servers and browsers from the distribution's own packages, as root on Debian."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from services.console.stack.failure import StackFailed

POLICY = Path("/usr/sbin/policy-rc.d")
START_NOTHING = "#!/bin/sh\nexit 101\n"
INSTALL_TIMEOUT_S = 600
WAIT = ("-o", "DPkg::Lock::Timeout=300")
"""Somebody else's installation is waited for, such as that of another kind of tests."""
RABBITMQ = ("rabbitmq-server",)
BROWSER = ("chromium-headless-shell", "fonts-noto-cjk")


def may_install() -> bool:
    """Whether we are root on a machine that has apt."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_rabbitmq(policy: Path = POLICY) -> None:
    """Install RabbitMQ without starting the system's own service of it; raises StackFailed."""
    install("RabbitMQ", RABBITMQ, policy)


def install_browser() -> None:
    """Install Chromium, and the letters in which pages are written; raises StackFailed."""
    install("Chromium", BROWSER)


def install(name: str, packages: Sequence[str], policy: Path = POLICY) -> None:
    """Install packages without starting any service of theirs.

    Raises StackFailed with apt's words when that does not work.
    """
    quiet = ("-q", "-y", "--no-install-recommends")
    with _services_not_started(policy):
        if _apt("install", *quiet, *packages).returncode != 0:
            _apt("update", "-q")
            outcome = _apt("install", *quiet, *packages)
            if outcome.returncode != 0:
                raise StackFailed(f"apt could not install {name}:\n{outcome.stdout[-2000:]}")


def _apt(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["apt-get", *arguments, *WAIT],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise StackFailed(f"apt-get {arguments[0]} did not end in {error.timeout:.0f} s") from error


@contextmanager
def _services_not_started(policy: Path) -> Iterator[None]:
    """Debian's policy hook, in place only while apt runs and only if there is none already."""
    if policy.exists():
        yield
        return
    policy.write_text(START_NOTHING)
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()
