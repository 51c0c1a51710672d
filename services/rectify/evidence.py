"""Evidence: files that are checked while they pass, and bound to a case by its history."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.adapters.files import FileStore
from services.contracts.actor import Actor
from services.errors import Invalid, NotAllowed, NotFound, Refused, TooLarge
from services.rectify import desk, parties
from services.rectify.attachment import Attachment
from services.rectify.case import move
from services.rectify.decision import Act, Office
from services.rectify.document import Kept
from services.rectify.facts import Case, Command, Move, Name
from services.rectify.filetypes import HEAD, name_of, type_of
from services.rectify.repository import Cases

MOST_BYTES = 10 * 1024 * 1024


class Upload(BaseModel):
    """The query string of an upload: the sender's own id for it, and what the file is called."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    command_id: Name
    name: Name


@dataclass
class Inspection:
    """Looks at a file as it passes: its type by its first bytes, its size, its SHA-256."""

    pieces: Iterable[bytes]
    type: str = ""
    size: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    def __iter__(self) -> Iterator[bytes]:
        """The pieces. Raises Invalid for a type that is not taken, TooLarge beyond the most."""
        pieces, head = iter(self.pieces), b""
        while len(head) < HEAD and (piece := next(pieces, b"")):
            head += piece
        self.type = _allowed(head)
        yield self._counted(head)
        for piece in pieces:
            yield self._counted(piece)

    @property
    def sha256(self) -> str:
        """The SHA-256, in hex, of what has passed."""
        return str(self._hash.hexdigest())

    def _counted(self, piece: bytes) -> bytes:
        self.size += len(piece)
        if self.size > MOST_BYTES:
            raise TooLarge(f"A file of evidence may have at most {MOST_BYTES} bytes")
        self._hash.update(piece)
        return piece


def _allowed(head: bytes) -> str:
    if (found := type_of(head)) is None:
        detail = "by its content it is no JPEG, PNG or PDF; save it as one of these"
        raise Invalid(errors=[{"pointer": "", "detail": detail}])
    return found


@dataclass(frozen=True)
class Cabinet:
    """Where the evidence of cases is filed."""

    files: FileStore
    cases: Cases
    office: Office

    def file(self, actor: Actor, id: str, upload: Upload, pieces: Iterable[bytes]) -> Attachment:
        """File one piece of evidence, once: sent again under its command id it changes nothing.

        What can be refused before the file is read is. Raises Conflict when the case is closed or
        full. Whatever goes wrong leaves no file behind.
        """
        mark = hashlib.blake2s(f"{actor.id}/{upload.command_id}".encode(), digest_size=8)
        prefix = f"{mark.hexdigest()}-"
        before = desk.visible(self.cases, actor, id)
        if (filed := _filed(before.case, prefix)) is not None:
            return filed
        file_id, passing = f"{prefix}{uuid.uuid4().hex}", Inspection(pieces)
        self._attached(actor, before, prefix, _described(file_id, upload, actor, self.office))
        self.files.write(file_id, id, passing)
        file = _described(file_id, upload, actor, self.office, passing)
        try:
            bound = self._bind(actor, id, prefix, file)
        except Refused:
            self.files.remove(file_id)
            raise
        if bound.id == file_id:
            self.files.keep(file_id)
        else:
            self.files.remove(file_id)
        return bound

    def _bind(self, actor: Actor, id: str, prefix: str, file: Attachment) -> Attachment:
        """Bind the file to the case as it is by now, unless an upload of the same was faster."""
        while True:
            before = desk.visible(self.cases, actor, id)
            if (filed := _filed(before.case, prefix)) is not None:
                return filed
            act = self._attached(actor, before, prefix, file)
            self.cases.save(before, move(act), act.command)

    def _attached(self, actor: Actor, before: Kept, prefix: str, file: Attachment) -> Act:
        """The act that binds the file. Raises what refuses it."""
        command = Command(
            command_id=f"{prefix}file", move=Move.ATTACH, expected_version=before.case.version
        )
        act = Act(before.case, actor, self.office, command, file=file)
        move(act)
        return act

    def open(self, actor: Actor, id: str, file_id: str) -> tuple[Attachment, Iterator[bytes]]:
        """A file and its pieces. Raises NotFound for what is not the case's.

        Whoever the rating was about does not see it: a picture may tell who the rater is.
        """
        case = desk.visible(self.cases, actor, id).case
        person = parties.principal(self.office.directory, actor.id)
        if person is None or parties.is_rated(person, case):
            raise NotAllowed(
                "The rating was about you or your window; its evidence is kept from you"
            )
        file = next((each for each in case.files if each.id == file_id), None)
        if file is None:
            raise NotFound
        return file, self.files.read(file_id)

    def tidy(self, now: datetime) -> int:
        """Remove what uploads have left that ended nowhere; how many. `now` is wall time."""
        orphans = self.files.orphans(now)
        for each in orphans:
            kept = self.cases.find(each["owner"])
            bound = {file.id for file in kept.case.files} if kept else set()
            (self.files.keep if each["_id"] in bound else self.files.remove)(each["_id"])
        return len(orphans)


def _filed(case: Case, prefix: str) -> Attachment | None:
    return next((each for each in case.files if each.id.startswith(prefix)), None)


def _described(
    id: str, upload: Upload, actor: Actor, office: Office, seen: Inspection | None = None
) -> Attachment:
    type, size, sha256 = (seen.type, seen.size, seen.sha256) if seen else ("image/png", 0, "")
    name = name_of(upload.name, type)
    return Attachment(
        id=id, name=name, type=type, size=size, sha256=sha256, by=actor.id, at=office.now
    )
