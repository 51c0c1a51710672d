"""The page for one machine, typed by root on a Debian that is as it comes from its packages.

The servers' own tools are stand-ins that do what matters here: who may read what, and where it is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.adapters.settings import load_settings, server_uri
from services.console.stack.secrets import LEDGER_KEY_BYTES, MASTER_KEY_BYTES
from tests.deploy.project import ROOT

PAGE = (ROOT / "docs" / "running.md").read_text("utf-8")
COMES_WITH = ("etc/rabbitmq", "etc/nginx/conf.d", "etc/nginx/sites-enabled", "etc/systemd/system")
"""The folders of Debian 12's packages, as far as the page touches them."""
NOTHING_TO_DO = ("git", "python3", "editor", "systemctl", "rabbitmq-plugins")
TOOLS = {
    "rabbitmqctl": """\
case "$1 $2" in
  "import_definitions $MACHINE/var/lib/rabbitmq/"*) grep -q haoping.events "$2" ;;
  import_definitions*) echo "user rabbitmq cannot read $2" >&2; exit 1 ;;
esac""",
    "install": """\
[ "$1" = -o ] && { id=$2; shift 2; [ "$id" = rabbitmq ] || exit 1; }
exec /usr/bin/install "$@"
""",
    "haoping": """\
case "$*" in
  "deploy secrets "*) exec "$PYTHON" -m services.console "$@" ;;
  "user add "*"--administrator") env > "$MACHINE/told" ;;
esac""",
}


def typed(heading: str) -> str:
    """The commands under a heading of the page."""
    [section] = re.findall(rf"(?ms)^## {heading}$(.*?)^## ", PAGE)
    return "\n".join(re.findall(r"(?m)^    (.*)$", section))


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root folder of the machine, after everything on the page."""
    root = tmp_path_factory.mktemp("debian")
    for folder in (*COMES_WITH, "var/lib/rabbitmq", "opt/haoping/.venv/bin", "bin"):
        (root / folder).mkdir(parents=True)
    (root / "etc/nginx/sites-enabled/default").write_text("server { listen 80 default_server; }")
    shutil.copytree(ROOT / "config", root / "opt/haoping/config")
    for name, does in {**dict.fromkeys(NOTHING_TO_DO, ""), "pip": "", **TOOLS}.items():
        ours = name in {"pip", "haoping"}
        tool = root / ("opt/haoping/.venv/bin" if ours else "bin") / name
        tool.write_text(f"#!/bin/sh\n{does}\n")
        tool.chmod(0o755)
    commands = re.sub(r"(?<![\w.])/(etc|opt|var)/", rf"{root}/\1/", typed("One machine, systemd"))
    here = {"MACHINE": str(root), "PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    path = f"{root / 'bin'}:{os.environ['PATH']}"
    subprocess.run(["sh", "-ec", commands], env={"PATH": path, **here}, check=True)
    return root


def test_the_broker_reads_its_settings_and_nobody_keeps_a_copy_of_its_users(machine: Path) -> None:
    settings = machine / "etc/rabbitmq/conf.d/20-haoping.conf"
    assert settings.read_text() == (ROOT / "config/rabbitmq/haoping.conf").read_text()
    assert settings.stat().st_mode & 0o777 == 0o644
    assert list((machine / "var/lib/rabbitmq").iterdir()) == []


def test_no_page_of_debian_s_answers_before_ours(machine: Path) -> None:
    assert list((machine / "etc/nginx/sites-enabled").iterdir()) == []
    assert (machine / "etc/nginx/tls/haoping.key").stat().st_mode & 0o077 == 0


def test_the_first_administrator_is_made_in_the_database_with_the_key_of_the_ledger(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (line.partition("=") for line in (machine / "told").read_text().splitlines())
    for name, _, value in lines:
        if name.startswith(("HAOPING_", "MONGO_", "AMQP_")):
            monkeypatch.setenv(name, value.replace("/etc/", f"{machine}/etc/"))
    monkeypatch.delenv("HAOPING_CONFIG_DIR")
    settings = load_settings()
    found = server_uri(settings, "MONGO")
    assert re.fullmatch(
        r"mongodb://haoping:\w{48}@127\.0\.0\.1:27017/\?replicaSet=rs0&authSource=admin", found
    )
    assert re.fullmatch(r"amqp://haoping:\w{48}@127\.0\.0\.1:5672/", server_uri(settings, "AMQP"))
    for key, size in (("LEDGER", LEDGER_KEY_BYTES), ("MASTER", MASTER_KEY_BYTES)):
        assert Path(settings[f"HAOPING_{key}_KEY_FILE"]).stat().st_size == size
