"""Running something as an ordinary user, when root runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

STRANGER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs")


def interpreter_of_a_stranger() -> str:
    """A Python of our version that an ordinary user may run; skips the test if there is none.

    Ours may lie in root's home, where nobody else may look.
    """
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can become somebody else, and with setpriv")
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        if Path(candidate).exists() and _may_run(candidate):
            return candidate
    pytest.skip(f"no {name} that an ordinary user may run, or our packages are closed to others")


def packages() -> dict[str, str]:
    """The environment in which that Python finds the project and its packages."""
    project = Path(__file__).resolve().parents[2]
    path = os.pathsep.join((str(project), sysconfig.get_path("purelib")))
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def _may_run(candidate: str) -> bool:
    """Whether it starts for a stranger and may start itself again, as the stack will ask of it."""
    again = [candidate, "-c", "import services.console.up"]
    code = f"import subprocess; subprocess.run({again!r}, check=True)"
    command = [*STRANGER, candidate, "-c", code]
    return subprocess.run(command, env=packages(), capture_output=True, check=False).returncode == 0
