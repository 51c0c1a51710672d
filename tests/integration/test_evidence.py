"""Evidence on a real database, over HTTP: filed once, read by some, never left as an orphan."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from services.adapters.files import FileStore
from services.console.stack import Stack
from services.rectify.evidence import Cabinet
from services.rectify.repository import Cases
from tests.integration.bus import eventually
from tests.integration.citizens import Containers, Town, town
from tests.unit.rectify.county import PEOPLE, RULES, office

pytestmark = pytest.mark.integration
PNG = b"\x89PNG\r\n\x1a\n"
PHOTO = PNG + os.urandom(700_000)


@pytest.fixture
def county(stack: Stack, container_factory: Containers) -> Iterator[Town]:
    """The county at work."""
    with town(stack, container_factory) as running:
        yield running


def bad(county: Town, **fields: str) -> str:
    """A case in the hands of li."""
    id = county.case_of(county.press(level=1, **fields)["rating_id"])
    assert county.move("li", id, "claim").is_success
    return id


def left(county: Town) -> tuple[int, int, int]:
    """How many files, pieces and unfinished uploads there are."""
    names = ("evidence.files", "evidence.chunks", "evidence.begun")
    files, pieces, begun = (len(list(county.db[name].find({}, {"_id": 1}))) for name in names)
    return files, pieces, begun


def test_a_photo_is_filed_once_and_read_back_to_the_byte(county: Town) -> None:
    case = bad(county)
    address = f"/v1/cases/{case}/evidence"
    asked = {"command_id": "p1", "name": "窗口 照片.png"}
    filed = county.ask("li", "POST", address, params=asked, content=PHOTO)
    again = county.ask("li", "POST", address, params=asked, content=PHOTO)
    assert (filed.status_code, again.status_code) == (201, 201)
    assert filed.json() == again.json()
    assert filed.json()["sha256"] == hashlib.sha256(PHOTO).hexdigest()
    assert left(county) == (1, 3, 0)
    got = county.ask("shen", "GET", f"{address}/{filed.json()['id']}")
    assert got.content == PHOTO
    assert got.headers["content-type"] == "image/png"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E7")
    seen = county.ask("du", "GET", f"/v1/cases/{case}").json()
    (entry,) = [each for each in seen["history"] if each["move"] == "attach"]
    assert entry["details"]["changes"]["files"][1][0]["sha256"] == filed.json()["sha256"]
    appealed = county.move("li", case, "appeal", reason="see", evidence=[filed.json()["id"]])
    assert appealed.is_success


def test_evidence_is_kept_from_strangers_and_from_the_rated(county: Town) -> None:
    case = bad(county, window="w1")
    address = f"/v1/cases/{case}/evidence"
    filed = county.ask(
        "li", "POST", address, params={"command_id": "1", "name": "a"}, content=PHOTO
    )
    one = f"{address}/{filed.json()['id']}"
    assert PEOPLE["wang"] == ("officer", "social", "w1")
    assert county.ask("wang", "GET", one).status_code == 403
    assert county.ask("qian", "GET", one).status_code == 404
    assert county.ask("li", "GET", f"{address}/other").status_code == 404
    stranger = {"command_id": "1", "name": "a"}
    assert county.ask("qian", "POST", address, params=stranger, content=PHOTO).status_code == 404


def test_what_is_refused_leaves_nothing_behind(county: Town) -> None:
    case = bad(county)
    address = f"/v1/cases/{case}/evidence"
    for content, status in ((b"<html>", 422), (b"", 422), (PNG + bytes(11 * 2**20), 413)):
        asked = {"command_id": str(status), "name": "a.png"}
        answer = county.ask("li", "POST", address, params=asked, content=content)
        assert answer.status_code == status
    assert left(county) == (0, 0, 0)
    assert county.move("li", case, "verify").is_success
    assert county.move("li", case, "submit", text="done").is_success
    closed = county.ask("li", "POST", address, params={"command_id": "x", "name": "a"}, content=PNG)
    assert (closed.status_code, left(county)) == (409, (0, 0, 0))


def test_an_upload_that_breaks_off_leaves_nothing_behind(county: Town) -> None:
    case = bad(county)
    desk = urlsplit(county.desk)
    head = (
        f"POST /v1/cases/{case}/evidence?command_id=cut&name=a.png HTTP/1.1\r\n"
        f"Host: {desk.netloc}\r\n"
        f"Authorization: Bearer li\r\nContent-Length: {len(PHOTO)}\r\n\r\n"
    )
    with socket.create_connection((desk.hostname or "", desk.port or 0)) as line:
        line.sendall(head.encode() + PHOTO[:600_000])
        eventually(lambda: left(county)[2] == 1)
    eventually(lambda: left(county) == (0, 0, 0))


def test_the_pieces_of_a_process_that_died_are_removed_later(county: Town) -> None:
    case = bad(county)
    address = f"/v1/cases/{case}/evidence"
    filed = county.ask(
        "li", "POST", address, params={"command_id": "1", "name": "a"}, content=PHOTO
    )
    assert filed.status_code == 201
    files = FileStore(county.db, "evidence")
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    files.write("orphan", case, [PHOTO])
    county.db["evidence.begun"].update_many({}, {"$set": {"at": long_ago}})
    county.db["evidence.begun"].insert_one(
        {"_id": filed.json()["id"], "owner": case, "at": long_ago}
    )
    cabinet = Cabinet(files, Cases(county.db, b"k" * 32, RULES), office())
    assert cabinet.tidy(datetime.now(UTC)) == 2
    assert left(county) == (1, 3, 0)
    assert cabinet.tidy(datetime.now(UTC)) == 0
