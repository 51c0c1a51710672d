"""The officers: each act of a script, carried out over the API by whoever has to."""

from __future__ import annotations

import base64
import uuid
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from services.console.demo.client import Api, Refusal, eventually
from services.console.demo.plot import Act
from services.contracts.actor import Role

CONFLICT = 409
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
"""A picture of one grey point."""
OF_THE_UNIT = frozenset({Role.OFFICER.value, Role.APPROVER.value})
MOST_CASES = 200
TRIES = 5
ONE_DAY = timedelta(days=1)
Case = dict[str, Any]


class Desk:
    """Where cases are found and moved."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def cases(self) -> list[Case]:
        """Every case that the county's dispatcher sees."""
        found: list[Case] = []
        path = f"/v1/cases?limit={MOST_CASES}"
        page = self._api.get(Role.DISPATCHER, "rectify", path)
        found += page["items"]
        while page["next"]:
            page = self._api.get(Role.DISPATCHER, "rectify", f"{path}&cursor={page['next']}")
            found += page["items"]
        return found

    def case_of(self, rating_id: str, day: date) -> str:
        """The case of a bad rating of a day, once it is open and some unit handles it."""
        return eventually(lambda: self._find(rating_id, day), f"a case for rating {rating_id}")

    def _find(self, rating_id: str, day: date) -> str | None:
        path = f"/v1/records?bad=true&first={day - ONE_DAY}&last={day + ONE_DAY}"
        records = self._api.get(Role.SCORER, "score", path)["items"]
        own = {each["case"] for each in records if each["rating_id"] == rating_id}
        handled = (str(each["id"]) for each in self.cases() if each["handler"])
        return next((id for id in handled if id in own), None)

    def perform(self, case_id: str, act: Act) -> None:
        """Carry out one act and wait for what must follow by itself."""
        if act.move:
            self._move(case_id, act)
        if act.until:
            name, wanted = act.until
            what = f"{name} of {case_id} to become {wanted}"
            eventually(lambda: self._has(case_id, name, wanted), what)

    def _move(self, case_id: str, act: Act) -> None:
        """Move the case; whoever finds that it has changed meanwhile reads it again."""
        command_id = str(uuid.uuid4())
        for attempt in range(TRIES):
            case = self._read(case_id)
            who = f"{act.who}-{case['handler']}" if act.who in OF_THE_UNIT else act.who
            command = {"command_id": command_id, "move": act.move, **act.says}
            if act.evidence:
                command["evidence"] = [self._file(who, case_id, act.evidence, command_id)]
                case = self._read(case_id)
            command["expected_version"] = case["version"]
            try:
                self._api.post(who, "rectify", f"/v1/cases/{case_id}/moves", command)
                return
            except Refusal as refusal:
                if refusal.code != CONFLICT or attempt == TRIES - 1:
                    raise

    def _file(self, who: str, case_id: str, name: str, command_id: str) -> str:
        """The id of a file of evidence; sent again under its command id it is filed once."""
        asked = {"command_id": command_id, "name": name}
        path = f"/v1/cases/{case_id}/evidence?{urlencode(asked)}"
        return str(self._api.upload(who, "rectify", path, PICTURE)["id"])

    def _has(self, case_id: str, name: str, wanted: object) -> bool:
        value = self._read(case_id)[name]
        return wanted in value if isinstance(value, list) else bool(value == wanted)

    def _read(self, case_id: str) -> Case:
        case: Case = self._api.get(Role.DISPATCHER, "rectify", f"/v1/cases/{case_id}")
        return case
