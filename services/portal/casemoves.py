"""What an officer does with a case: a move with its evidence, a file, a look at the rater."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, go, page
from services.contracts.actor import Action
from services.errors import HaopingError, Invalid, NotFound, TooLarge
from services.portal.caseforms import Typed, command, version_to_expect, wrongs
from services.portal.casework import CASES, Casework

FILES = "file"
EVIDENCE = "evidence"


class CaseMoves(Casework):
    """Sends what was typed; what is refused comes back with every word still in its place."""

    @page("POST", "/work/cases/<id>/moves", Action.MOVE_CASE)
    def make_move(self, request: Request, visitor: Visitor, id: str) -> View | Response:
        """Make one move; sent twice it is made once."""
        typed = Typed(request.form.to_dict(), tuple(request.form.getlist(EVIDENCE)))
        try:
            filed = self._filed_files(request, visitor, id)
            typed = Typed(typed.form, (*typed.evidence, *filed))
            body = command(
                typed.form, self._version_to_send(typed, visitor, id, filed), typed.evidence
            )
            self.services.post("rectify", f"{CASES}/{id}/moves", visitor.token, body)
        except NotFound:
            raise
        except HaopingError as error:
            return self._case_again(visitor, id, typed, error)
        return go(f"/work/cases/{id}?done={typed.move}")

    @page("POST", "/work/cases/<id>/evidence", Action.MOVE_CASE)
    def attach_evidence(self, request: Request, visitor: Visitor, id: str) -> View | Response:
        """File evidence without a move."""
        try:
            self._filed_files(request, visitor, id)
        except NotFound:
            raise
        except HaopingError as error:
            return self._case_again(visitor, id, Typed(request.form.to_dict()), error)
        return go(f"/work/cases/{id}?done=attach")

    @page("POST", "/work/cases/<id>/reveal", Action.REVEAL_RATER)
    def reveal_rater(self, request: Request, visitor: Visitor, id: str) -> View:
        """Show who the rater is, for a minute; who looked and why is recorded before that."""
        form = request.form.to_dict()
        asked = {name: form.get(name, "").strip() for name in ("command_id", "reason")}
        try:
            told = self.services.post("rectify", f"{CASES}/{id}/reveal", visitor.token, asked)
        except NotFound:
            raise
        except HaopingError as error:
            return self._case_again(visitor, id, Typed({**form, "move": "reveal"}), error)
        return self.case_view(visitor, id, revealed=told)

    def _filed_files(self, request: Request, visitor: Visitor, id: str) -> list[str]:
        """The ids of the files that came with the form, each filed once however often it comes."""
        named = request.form.get("command_id", "")
        return [self._filed_file(visitor, id, named, each) for each in _sent(request)]

    def _filed_file(self, visitor: Visitor, id: str, named: str, file: FileStorage) -> str:
        content = file.read()
        digest = hashlib.blake2s(content, digest_size=8).hexdigest()
        query = {"command_id": f"{named}-{digest}", "name": (file.filename or FILES)[-200:]}
        path = f"{CASES}/{id}/evidence"
        try:
            answer = self.services.send(
                "POST", "rectify", path, visitor.token, params=query, content=content
            )
        except (Invalid, TooLarge) as error:
            raise Invalid(errors=[{"pointer": f"/{EVIDENCE}", "detail": _said(error)}]) from error
        return str(answer.json()["id"])

    def _version_to_send(self, typed: Typed, visitor: Visitor, id: str, filed: list[str]) -> int:
        seen = typed.form.get("expected_version", "")
        version = int(seen) if seen.isdecimal() else 0
        if not filed:
            return version
        case = self.services.get("rectify", f"{CASES}/{id}", visitor.token)
        return version_to_expect(version, case, filed, visitor.actor.id)

    def _case_again(self, visitor: Visitor, id: str, typed: Typed, error: HaopingError) -> View:
        """The case as it is by now, with what was typed; or only that, if it cannot be read."""
        wrong = wrongs(error.extra.get("errors", ()))
        kept = Typed(typed.form, typed.evidence, wrong)
        try:
            return self.case_view(visitor, id, typed=kept, error=error)
        except HaopingError:
            if not typed.move:
                raise
            values: dict[str, Any] = {"id": id, "typed": kept, "error": error}
            return View("work/unsent.html", values, error.status)


def _sent(request: Request) -> Iterator[FileStorage]:
    return (each for each in request.files.getlist(FILES) if each.filename)


def _said(error: HaopingError) -> str:
    details = [each["detail"] for each in error.extra.get("errors", ())]
    return details[0] if details else error.message
