"""Files of evidence: told by their content, named harmlessly, measured while they pass."""

from __future__ import annotations

import hashlib
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import Conflict, Invalid, TooLarge
from services.rectify.attachment import Attachment
from services.rectify.case import legal_moves, move
from services.rectify.decision import Act, Scene
from services.rectify.evidence import MOST_BYTES, Inspection
from services.rectify.facts import Case, Command, Move
from services.rectify.filetypes import disposition, name_of, type_of
from services.rectify.guards import MOST_FILES
from tests.unit.rectify.county import MONDAY, act, actor, office, opened_case, story

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<html>", None),
        (b"<svg ", None),
        (b"GIF89a", None),
        (b"\x89PN", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_content_says(head: bytes, kind: str | None) -> None:
    assert type_of(head) == kind


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("照片.png", "照片.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\temp\\a.PNG", "a.PNG"),
        ("evil.html", "evil.html.png"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie: x.png"),
        ("...", "file.png"),
        ("abc\u202egnp.png", "abcgnp.png"),
    ],
)
def test_a_name_is_only_a_name(said: str, name: str) -> None:
    assert name_of(said, "image/png") == name


@given(st.text())
def test_no_name_breaks_out_of_its_header(said: str) -> None:
    told = disposition(name_of(said.encode(errors="ignore").decode(), "image/jpeg"))
    assert told.isascii()
    assert not set('\r\n";') & set(told.removeprefix("attachment; "))


@given(st.binary(), st.integers(1, 50))
def test_a_file_is_measured_while_it_passes(content: bytes, size: int) -> None:
    whole = PNG + content
    passing = Inspection(whole[at : at + size] for at in range(0, len(whole), size))
    assert b"".join(passing) == whole
    assert (passing.size, passing.type) == (len(whole), "image/png")
    assert passing.sha256 == hashlib.sha256(whole).hexdigest()


def test_what_is_not_taken_is_refused_before_the_rest_is_read() -> None:
    pieces = iter([b"<html>", b"<script>", b"more"])
    with pytest.raises(Invalid, match="not as they should"):
        list(Inspection(pieces))
    assert list(pieces) == [b"more"]


def test_a_file_that_grows_too_large_is_refused_on_its_way() -> None:
    endless = (PNG for _ in iter(int, 1))
    passing = Inspection(endless)
    with pytest.raises(TooLarge):
        deque(passing, maxlen=0)
    assert passing.size == MOST_BYTES // len(PNG) * len(PNG) + len(PNG)


def file(number: int = 0) -> Attachment:
    """A file that has just come in."""
    return Attachment(
        id=f"f{number}", name="a.png", type="image/png", size=1, sha256="0", by="li", at=MONDAY
    )


def attach(case: Case, who: str = "li", number: int = 0) -> Act:
    """Somebody files it."""
    command = Command(command_id=f"f{number}", move=Move.ATTACH, expected_version=case.version)
    return Act(case, actor(who), office(), command, file=file(number))


def test_a_file_stands_in_the_history_with_its_hash() -> None:
    step = move(attach(opened_case()))
    assert [each.id for each in step.case.files] == ["f0"]
    ((_, new),) = [entry.details["changes"]["files"] for entry in step.entries]
    assert new[0]["sha256"] == "0"


def test_a_command_cannot_say_that_there_is_a_file() -> None:
    case = opened_case()
    with pytest.raises(Conflict, match="sent as it is"):
        move(act(case, "li", Move.ATTACH))
    assert "attach" not in {
        each["move"] for each in legal_moves(Scene(case, actor("li"), office()))
    }


def test_a_closed_case_takes_no_files() -> None:
    with pytest.raises(Conflict, match="closed"):
        move(attach(story(opened_case(), "li claim, li appeal, shen uphold")))


def test_a_case_holds_so_many_files() -> None:
    case = opened_case()
    for number in range(MOST_FILES):
        case = move(attach(case, number=number)).case
    with pytest.raises(Conflict, match="at most"):
        move(attach(case, number=MOST_FILES))


def test_a_move_refers_only_to_files_of_its_case() -> None:
    case = move(attach(story(opened_case(), "li claim"))).case
    with pytest.raises(Invalid) as refused:
        move(act(case, "li", Move.APPEAL, reason="see it", evidence=("f0", "the video")))
    (wrong,) = refused.value.extra["errors"]
    assert wrong["pointer"] == "/evidence/1"
    assert "send the file to" in wrong["detail"]
    assert move(act(case, "li", Move.APPEAL, reason="see it", evidence=("f0",))).case.appealed


def test_a_reply_may_show_a_file_of_its_case_and_no_other() -> None:
    case = move(attach(story(opened_case(), "li claim, li verify"))).case
    with pytest.raises(Invalid):
        move(act(case, "li", Move.SUBMIT, text="repaired", evidence=("elsewhere",)))
    step = move(act(case, "li", Move.SUBMIT, text="repaired", evidence=("f0",)))
    assert step.entries[0].details["evidence"] == ["f0"]
