"""Each service on the real database, as the user it has there: its own collections and no other."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from typer.testing import CliRunner

from services.adapters.mongo import Db, connect
from services.console.app import program
from services.console.stack import Stack
from services.console.stack.dbusers import USERS_IN, grant
from services.contracts.keeping import ACTIONS, KEEPING, Right
from services.contracts.topology import service_user

pytestmark = pytest.mark.integration
UNAUTHORIZED = 13
MONGOD = bool(os.environ.get("HAOPING_TEST_MONGO_URI"))
NAMES = sorted({name for rights in KEEPING.values() for name, _ in rights.all()})


@pytest.fixture(scope="module")
def database() -> str:
    """A database of its own."""
    return f"keeping_{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def secrets(
    stack: Stack, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The folder with the passwords of all services, made twice over."""
    folder = tmp_path_factory.mktemp("secrets")
    asked = ["device", "database-users", str(folder), "--database", database]
    for _ in range(2):
        made = CliRunner(env={"MONGO_URI": stack.mongo_uri}).invoke(program("device"), asked)
        assert made.exit_code == 0, made.output
    yield folder
    with MongoClient[Any](stack.mongo_uri) as client:
        for service in KEEPING:
            client[USERS_IN].command("dropUser", service_user(service))
            client[database].command("dropRole", service_user(service))
        client.drop_database(database)


@pytest.fixture(scope="module", params=sorted(KEEPING))
def own(
    request: pytest.FixtureRequest, stack: Stack, database: str, secrets: Path
) -> Iterator[tuple[str, Db]]:
    """A service, and the database as it sees it."""
    service: str = request.param
    password = (secrets / f"database-{service}.password").read_text()
    host = stack.mongo_uri.split("@")[1].split("/")[0]
    user = f"{service_user(service)}:{password}"
    db = connect(f"mongodb://{user}@{host}/?directConnection=true&authSource={USERS_IN}", database)
    yield service, db
    db.client.close()


def allowed(does: Any, *given: Any) -> bool:
    """Whether the database lets it happen."""
    try:
        does(*given)
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:
            raise
        return False
    return True


def test_a_service_can_do_in_each_collection_what_the_table_says(own: tuple[str, Db]) -> None:
    """SecantusDB looks no closer than at the database: there nothing more than this is known."""
    service, db = own
    rights = dict(KEEPING[service].all())
    for name in NAMES if MONGOD else rights:
        found, right = db[name], rights.get(name)
        can = {
            "read": allowed(found.find_one),
            "add": allowed(found.insert_one, {"by": service}),
            "change": allowed(found.update_many, {"by": "nobody"}, {"$set": {"x": 1}}),
            "remove": allowed(found.delete_many, {"by": "nobody"}),
        }
        given = {
            "read": right is not None,
            "add": right in {Right.ADD, Right.KEEP},
            "change": right in {Right.CHANGE, Right.KEEP},
            "remove": right is Right.KEEP,
        }
        assert can == (given if MONGOD else can | {k: True for k, may in given.items() if may}), (
            name
        )


def test_the_server_was_told_what_the_table_says_and_no_more(
    stack: Stack, database: str, secrets: Path
) -> None:
    with MongoClient[Any](stack.mongo_uri) as client:
        for service, rights in KEEPING.items():
            asked = {"rolesInfo": service_user(service), "showPrivileges": True}
            [told] = client[database].command(asked)["roles"]
            granted = {
                each["resource"]["collection"]: set(each["actions"])
                for each in told["privileges"]
                if each["resource"]["db"] == database
            }
            assert granted == {name: set(ACTIONS[right]) for name, right in rights.all()}
            assert len(told["privileges"]) == len(granted)


def test_no_service_can_make_users_or_look_into_another_database(own: tuple[str, Db]) -> None:
    _, db = own
    rights: list[dict[str, str]] = [{"role": "root", "db": "admin"}]
    wanted = {"createUser": "mine", "pwd": "x", "roles": rights}
    assert not allowed(db.command, wanted)
    assert not allowed(db.client.admin.command, wanted)
    assert not allowed(db.client["haoping_other"]["ratings"].find_one)
    assert not allowed(db.client.drop_database, db.name)


def test_a_service_goes_over_to_a_restored_database_and_back_as_the_same_user(
    stack: Stack, database: str, secrets: Path
) -> None:
    passwords = {name: (secrets / f"database-{name}.password").read_text() for name in KEEPING}
    host, other = stack.mongo_uri.split("@")[1].split("/")[0], f"{database}_restored"
    user = f"{service_user('store')}:{passwords['store']}"
    with MongoClient[Any](stack.mongo_uri) as client:
        grant(client, other, passwords)
        with MongoClient[Any](
            f"mongodb://{user}@{host}/?directConnection=true&authSource={USERS_IN}"
        ) as own:
            assert all(allowed(own[name]["ratings"].find_one) for name in (other, database))
        for service in KEEPING:
            client[other].command("dropRole", service_user(service))
