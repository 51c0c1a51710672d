"""Where the services of a running stack answer, told to a shell."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from typer.testing import CliRunner

from services.console.app import program
from services.console.stack.layout import Layout

URLS = {"capture": "http://127.0.0.1:20001", "portal": "https://hall.example:20002"}


def addresses(state: Path) -> str:
    """What the command prints about a folder, or the sentence with which it ends."""
    asked = CliRunner().invoke(program("addresses"), ["addresses", "--state", str(state)])
    return str(asked.exception) if asked.exit_code else asked.output


def test_a_shell_knows_the_services_by_the_names_that_other_commands_read(tmp_path: Path) -> None:
    Layout.of(tmp_path).record.write_text(json.dumps({"services": URLS}))
    script = f"{addresses(tmp_path)}\nprintenv HAOPING_CAPTURE_URL HAOPING_PORTAL_URL"
    told = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.split() == list(URLS.values())


def test_without_a_stack_it_says_how_to_start_one(tmp_path: Path) -> None:
    assert addresses(tmp_path) == f"No stack runs in {tmp_path}; start one: haoping up"
