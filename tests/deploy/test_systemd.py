"""The units for one machine: systemd takes them, and they say what containers say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from services.console.stack.application import ALL
from services.console.stack.dbusers import USERS_IN
from tests.deploy.front import one_machine
from tests.deploy.project import ROOT, env_file, written

FOLDER = ROOT / "config" / "systemd"
UNITS = sorted(path.name for path in FOLDER.iterdir() if path.suffix != ".env")
SERVICES = [name for name in UNITS if name.endswith(".service")]
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(
    ANALYZE is None, reason="systemd-analyze is not installed: apt-get install systemd"
)
SETTINGS = (ROOT / "config" / "services.yaml").read_text()
ENTRY = next(
    json.loads(line.removeprefix("ENTRYPOINT "))
    for line in (ROOT / "Dockerfile").read_text().splitlines()
    if line.startswith("ENTRYPOINT ")
)
DAY_S = 86_400
EXPOSED = re.compile(r"Overall exposure level for \S+: (\d+\.\d)")


def unit(name: str) -> dict[str, list[str]]:
    """Every value of each key of a unit."""
    found: dict[str, list[str]] = defaultdict(list)
    for key, value in re.findall(r"(?m)^(\w+)=(.*)$", (FOLDER / name).read_text()):
        found[key].append(value)
    return found


def told(name: str) -> dict[str, str]:
    """The environment of a service, as its unit and its files give it."""
    own = dict(each.split("=", 1) for each in unit("haoping@.service")["Environment"])
    return {**env_file(FOLDER / "haoping.env"), **env_file(FOLDER / f"{name}.env"), **own}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units with their programs where they are here."""
    for name in UNITS:
        text = (FOLDER / name).read_text()
        text = text.replace("/opt/haoping/.venv/bin/python", sys.executable)
        (tmp_path / name).write_text(
            text.replace("/opt/haoping/.venv/bin/", f"{Path(sys.executable).parent}/")
        )
    return tmp_path


def analyzed(installed: Path, *words: str) -> str:
    """What systemd-analyze says, having found nothing wrong."""
    done = subprocess.run(
        [str(ANALYZE), *words],
        env={"SYSTEMD_UNIT_PATH": f"{installed}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@needs_systemd
def test_systemd_takes_every_unit(installed: Path) -> None:
    names = [name.replace("@", "@store") for name in UNITS]
    assert analyzed(installed, "verify", *names) == ""


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_may_do_little_beyond_its_task(name: str, installed: Path) -> None:
    """systemd's own measure, from 0 to 10; what is not bounded at all has 9.6."""
    said = analyzed(installed, "security", "--offline=true", "--no-pager", str(installed / name))
    found = EXPOSED.search(said)
    assert found
    assert float(found[1]) <= 2.0


def test_the_target_starts_every_service() -> None:
    wanted = " ".join(unit("haoping.target")["Wants"]).split()
    assert sorted(wanted) == sorted(f"haoping@{name}.service" for name in ALL)


def test_a_service_is_run_as_the_image_runs_it() -> None:
    [command] = unit("haoping@.service")["ExecStart"]
    python, *words = command.replace("/opt/haoping/", "/app/").split()
    assert [Path(python).name, *words] == [*ENTRY, "${HAOPING_SERVICE}"]
    containers = written()["services"]
    for name in ALL:
        assert [told(name)["HAOPING_SERVICE"]] == containers[name]["command"]


def test_a_service_is_told_what_its_settings_read_and_finds_the_others() -> None:
    read = {*re.findall(r"\$\{(\w+)", SETTINGS), "HAOPING_SERVICE", "PYTHONDONTWRITEBYTECODE"}
    for name in ALL:
        assert set(told(name)) <= read
    where = one_machine({})
    for name in ALL:
        address = told(name)["WEB_SERVER_ADDRESS"]
        assert f"{name} {address};" in where
        assert told("portal").get(f"HAOPING_{name.upper()}_URL", f"http://{address}") == (
            f"http://{address}"
        )


def test_secrets_are_credentials_that_systemd_reads_from_files() -> None:
    for name in SERVICES:
        given = {each.partition(":")[0] for each in unit(name)["LoadCredential"]}
        values = dict(each.split("=", 1) for each in unit(name)["Environment"])
        named = {value for key, value in values.items() if key.endswith("_FILE")}
        assert named == {f"%d/{each}" for each in given}
        assert not any("@" in value and re.search(r"//[^@]*:", value) for value in values.values())
    files = (each.partition(":")[2] for each in unit("haoping@.service")["LoadCredential"])
    assert {Path(file).name.replace("%i", "store") for file in files} == {
        *written()["services"]["store"]["secrets"]
    }


def test_a_service_is_the_same_user_whatever_the_database_is_called() -> None:
    [uri] = [each for each in unit("haoping@.service")["Environment"] if "MONGO_URI" in each]
    assert uri.endswith(f"&authSource={USERS_IN}")


def test_a_service_has_as_long_to_end_as_its_container() -> None:
    assert unit("haoping@.service")["TimeoutStopSec"] == ["10"]
    assert unit("haoping@.service")["MemoryMax"] == ["512M"]


def of_the_unit(state: Path) -> str:
    """What systemd does for a copy, with `mkdir` for the copying."""
    backup = unit("haoping-backup.service")
    both = " && ".join((*backup["ExecStart"], *backup["ExecStartPost"]))
    copied = both.replace("/opt/haoping/.venv/bin/haoping backup", "mkdir")
    meant = {"%%": "%", "%S": str(state)}
    return re.sub("%[%S]", lambda found: meant[str(found[0])], copied)


def of_the_page(state: Path) -> str:
    """What cron does for a copy with containers, with `mkdir` for the copying."""
    [line] = re.findall(r"(?m)^ +30 2 \* \* \* (.*)$", (ROOT / "docs" / "running.md").read_text())
    copied = str(line).replace("docker compose run --rm operator backup /", "mkdir ")
    return copied.replace("/opt/haoping", str(state)).replace("\\%", "%")


COPYING = {"systemd": (of_the_unit, "haoping-backup"), "containers": (of_the_page, "copies")}


@pytest.fixture(params=COPYING)
def copying(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """The command that copies, and the folder of copies: with DynamicUser a link into another."""
    command, folder = COPYING[request.param]
    (tmp_path / "private").mkdir()
    (tmp_path / folder).symlink_to("private")
    return command(tmp_path), tmp_path / "private"


def test_a_copy_that_is_five_weeks_old_goes_after_a_new_one(copying: tuple[str, Path]) -> None:
    command, copies = copying
    for name, days in (("old", 40), ("young", 30)):
        (copies / name).mkdir()
        (copies / name / "manifest.json").touch()
        then = time.time() - days * DAY_S
        os.utime(copies / name, (then, then))
    subprocess.run(["sh", "-c", command], check=True)
    assert len(list(copies.iterdir())) == 2
    assert (copies / "young").exists()


def test_none_goes_when_a_copy_fails(copying: tuple[str, Path]) -> None:
    command, copies = copying
    (copies / "old").mkdir()
    os.utime(copies / "old", (0, 0))
    done = subprocess.run(["sh", "-c", command.replace("mkdir", "false")], check=False)
    assert done.returncode
    assert (copies / "old").exists()


def test_a_second_copy_on_a_day_is_a_folder_of_its_own(copying: tuple[str, Path]) -> None:
    command, copies = copying
    for _ in range(2):
        subprocess.run(["sh", "-c", command], check=True)
        time.sleep(1.1)
    assert len(list(copies.iterdir())) == 2


def test_a_copy_is_taken_every_night() -> None:
    backup = unit("haoping-backup.service")
    assert unit("haoping-backup.timer")["OnCalendar"] == ["*-*-* 02:30"]
    assert backup["Type"] == ["oneshot"]
    assert "haoping backup" in backup["ExecStart"][0]
    assert "ExecStartPre" not in backup
