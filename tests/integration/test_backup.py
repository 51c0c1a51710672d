"""A copy taken while everybody works holds together, and is the same when it is restored."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection
from typer.testing import CliRunner

from services.adapters.mongo import Db, connect
from services.console.app import program
from services.console.backup.copying import MANIFEST, Copy, NoCopy, copied
from services.console.backup.restoring import asked_again, restored
from services.console.stack import Stack
from services.errors import HaopingError
from services.store.batch import Storing
from services.store.intake import Intake
from tests.county import DIRECTORY, NOON, RULES, press

pytestmark = pytest.mark.integration


def quiet(collection: str, count: int) -> None:
    """Says nothing."""


def keep(db: Db, *levels: int) -> list[str]:
    """Store presses of these levels as the store does; their keys."""
    presses = [press(level=level) for level in levels]
    Storing.on(db, Intake(DIRECTORY, RULES, NOON, {}), lambda _: b"sealed").store(presses)
    return [each.key for each in presses]


def opened(db: Db, *keys: str) -> None:
    """The events of these ratings have gone out, and their cases are there."""
    for key in keys:
        db["ratings"].update_one({"_id": key}, {"$set": {"outbox": []}})
        db["cases"].insert_one({"_id": f"case of {key}", "rating_key": key})


@pytest.fixture
def dbs(stack: Stack) -> Iterator[tuple[Db, Db]]:
    """A database in use, and an empty one."""
    names = [f"copy_{uuid.uuid4().hex[:8]}" for _ in range(2)]
    used, empty = (connect(stack.mongo_uri, name) for name in names)
    opened(used, *keep(used, 5, 1, 4, 2)[1::2])
    used["registry"].insert_one({"_id": "current", "version": 3, "text": "登记册"})
    yield used, empty
    for db in (used, empty):
        db.client.drop_database(db.name)
        db.client.close()


def content(db: Db) -> dict[str, list[Any]]:
    """Everything that is in a database."""
    names = (name for name in sorted(db.list_collection_names()) if name != "touched")
    return {name: list(db[name].find().sort("_id", 1)) for name in names}


def test_what_was_copied_is_there_again(dbs: tuple[Db, Db], tmp_path: Path) -> None:
    used, empty = dbs
    copied(used, tmp_path / "copy", quiet)
    restored(Copy.of(tmp_path / "copy"), empty, quiet)
    assert asked_again(empty, RULES, datetime.now(UTC)) == 0
    assert content(empty) == content(used)


def test_a_copy_that_fails_leaves_its_room_to_the_next(dbs: tuple[Db, Db], tmp_path: Path) -> None:
    used, _ = dbs

    def fill_the_disk(collection: str, count: int) -> None:
        if collection == "ratings":
            raise OSError(ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        copied(used, tmp_path / "copies" / "tonight", fill_the_disk)
    assert list((tmp_path / "copies").iterdir()) == []
    copied(used, tmp_path / "copies" / "tonight", quiet)


def test_a_bad_rating_that_came_in_while_it_was_copied_gets_its_case(
    dbs: tuple[Db, Db], tmp_path: Path
) -> None:
    used, empty = dbs
    late: list[str] = []

    def rate_meanwhile(collection: str, count: int) -> None:
        if collection == "cases":
            late.extend(keep(used, 1))
            opened(used, *late)

    copied(used, tmp_path / "copy", rate_meanwhile)
    restored(Copy.of(tmp_path / "copy"), empty, quiet)
    assert asked_again(empty, RULES, datetime.now(UTC)) == 1
    rating = empty["ratings"].find_one({"_id": late[0]}) or {}
    [event] = rating["outbox"]
    assert (event["type"], event["item"]["rating_key"]) == ("BadRatingStored", late[0])
    pointed = {each["rating_key"] for each in empty["cases"].find()}
    assert pointed <= {each["_id"] for each in empty["ratings"].find()}


def test_every_tally_is_counted_anew_after_a_restore(dbs: tuple[Db, Db], tmp_path: Path) -> None:
    used, empty = dbs
    copied(used, tmp_path / "copy", quiet)
    restored(Copy.of(tmp_path / "copy"), empty, quiet)
    empty["touched"].delete_many({})
    asked_again(empty, RULES, datetime.now(UTC))
    touched = [bucket for each in empty["touched"].find() for bucket in each["buckets"]]
    assert touched == [["2020-03-05", "tax"]]


def test_a_database_in_use_is_not_restored_into(dbs: tuple[Db, Db], tmp_path: Path) -> None:
    used, _ = dbs
    copied(used, tmp_path / "copy", quiet)
    with pytest.raises(HaopingError, match="is not empty"):
        restored(Copy.of(tmp_path / "copy"), used, quiet)


def test_a_folder_that_holds_something_is_not_written_over(
    dbs: tuple[Db, Db], tmp_path: Path
) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(HaopingError, match="is not empty"):
        copied(dbs[0], tmp_path, quiet)


def test_a_copy_that_was_cut_short_or_changed_is_none(dbs: tuple[Db, Db], tmp_path: Path) -> None:
    used, empty = dbs
    copied(used, tmp_path / "copy", quiet)
    manifest = tmp_path / "copy" / MANIFEST
    told = json.loads(manifest.read_text())
    told["parts"][0]["count"] += 1
    manifest.write_text(json.dumps(told))
    with pytest.raises(NoCopy, match="damaged"):
        restored(Copy.of(tmp_path / "copy"), empty, quiet)
    manifest.unlink()
    with pytest.raises(NoCopy, match="no whole copy"):
        Copy.of(tmp_path / "copy")


def test_a_shard_is_not_taken_for_everything(
    dbs: tuple[Db, Db], stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MongoDB lets its operator read a shard; here is said what stands on one."""
    folder, found = tmp_path / "copy", Collection.find_one
    asked = ["backup", str(folder), "--uri", stack.mongo_uri, "--database", dbs[0].name]

    def with_a_mark(self: Collection[Any], *sought: Any, **how: Any) -> Any:
        marked = self.full_name == "admin.system.version"
        return {"shardName": "rs0"} if marked else found(self, *sought, **how)

    with monkeypatch.context() as here:
        here.setattr(Collection, "find_one", with_a_mark)
        refused = CliRunner().invoke(program("backup"), asked)
    assert "name the router (mongos)" in str(refused.exception)
    assert not folder.exists()
    assert CliRunner().invoke(program("backup"), asked).exit_code == 0
