"""What could not be stored: looked at, sent through again after mending, or set aside by name."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, go, page
from services.adapters.services import ServicesByName
from services.contracts.actor import Action
from services.errors import Conflict, Invalid, NotAllowed

PAGE, ROWS = "/admin/quarantine", "/v1/quarantine"
STATES = ("open", "replaying", "closed", "final", "discarded")
MOST = 500


class QuarantinePage:
    """The work list of the store."""

    services: ServicesByName

    @page("GET", PAGE, Action.READ_QUARANTINE)
    def quarantine(self, request: Request, visitor: Visitor) -> View:
        """Rows in a state, newest first, and how many there are of each reason."""
        return self._list(visitor, request.args.to_dict())

    @page("GET", f"{PAGE}/row", Action.READ_QUARANTINE)
    def quarantined(self, request: Request, visitor: Visitor) -> View:
        """One row with its history; who may mend also sees what came, masked."""
        return self._row(visitor, request.args.get("key", ""), done=request.args.get("done"))

    @page("POST", f"{PAGE}/replay", Action.MEND_QUARANTINE)
    def replay_row(self, request: Request, visitor: Visitor) -> View | Response:
        """Send a row through again; only what the store says closes it."""
        key = request.form["key"]
        try:
            self.services.post("store", _address(key, ":replay"), visitor.token)
        except Conflict as error:
            return self._row(visitor, key, refused=error.message)
        return go(f"{PAGE}/row?key={quote(key)}&done=replaying")

    @page("POST", f"{PAGE}/replay-all", Action.MEND_QUARANTINE)
    def replay_reason(self, request: Request, visitor: Visitor) -> View:
        """Send every open row with a reason through again, once its cause has been mended."""
        reason = request.form["reason"]
        body = {"reason": reason}
        sent = self.services.post("store", f"{ROWS}:replay", visitor.token, body)
        return self._list(visitor, {"reason": reason}, sent)

    @page("POST", f"{PAGE}/discard", Action.MEND_QUARANTINE)
    def discard_row(self, request: Request, visitor: Visitor) -> View | Response:
        """Say by name, and with a reason, that nothing is to be done."""
        key, reason = request.form["key"], request.form.get("reason", "")
        try:
            body = {"reason": reason}
            self.services.post("store", _address(key, ":discard"), visitor.token, body)
        except (Conflict, Invalid, NotAllowed) as error:
            return self._row(visitor, key, refused=error.message, said=reason)
        return go(f"{PAGE}/row?key={quote(key)}&done=discarded")

    def _list(self, visitor: Visitor, asked: dict[str, str], sent: Any = None) -> View:
        state, reason = asked.get("state", "open"), asked.get("reason") or None
        query = {"state": state, "reason": reason, "cursor": asked.get("cursor")}
        wanted = {name: value for name, value in query.items() if value}
        answer = self.services.send(
            "GET", "store", ROWS, visitor.token, params=wanted | {"limit": "50"}
        )
        following = answer.links.get("next", {}).get("url", "")
        shown = {
            "rows": answer.json(),
            "reasons": self._reasons(visitor),
            "most": MOST,
            "states": STATES,
            "state": state,
            "reason": reason,
            "next": following.partition("?")[2],
            "sent": sent,
        }
        return View("admin/quarantine.html", shown)

    def _reasons(self, visitor: Visitor) -> list[tuple[str, int]]:
        """The reasons of open rows, of the newest `MOST`, the most frequent first."""
        rows = self.services.get("store", ROWS, visitor.token, state="open", limit=MOST)
        return Counter(str(row["reason"]) for row in rows).most_common()

    def _row(
        self,
        visitor: Visitor,
        key: str,
        *,
        done: str | None = None,
        refused: str | None = None,
        said: str = "",
    ) -> View:
        row = self.services.get("store", _address(key), visitor.token)
        shown = {"row": row, "done": done, "refused": refused, "said": said}
        return View("admin/row.html", shown, Conflict.status if refused else 200)


def _address(key: str, verb: str = "") -> str:
    return f"{ROWS}/{quote(key, safe='')}{verb}"
