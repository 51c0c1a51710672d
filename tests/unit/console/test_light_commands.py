"""A command that only asks the services is there at once: it loads no driver and no service."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("pymongo", "nameko", "kombu", "eventlet", "cryptography")
SAYS = """
import importlib, sys
importlib.import_module("services.console." + sys.argv[1])
print(*sorted({each.partition(".")[0] for each in sys.modules}))
"""


@pytest.mark.parametrize("command", ["addresses", "quarantine", "token"])
def test_a_command_that_only_asks_loads_neither_drivers_nor_services(command: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", SAYS, command], capture_output=True, text=True, check=True
    )
    assert set(HEAVY) & set(said.stdout.split()) == set()
