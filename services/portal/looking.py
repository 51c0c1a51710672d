"""Finding a case by the number of whoever is on the phone, and who looked at raters."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, go, page
from services.contracts.actor import Action
from services.contracts.masking import masked_number
from services.portal.casesearch import phone_number
from services.portal.casework import CASES, Casework


class Looking(Casework):
    """Sends a number in the body of a form, so that it stands in no address and no history."""

    @page("POST", "/work/find", Action.READ_CASES)
    def look_up(self, request: Request, visitor: Visitor) -> View | Response:
        """The case of a whole telephone number; anything else is searched for as words."""
        words = " ".join(request.form.get("q", "").split())
        phone = phone_number(words)
        if phone is None or not visitor.may(Action.REVEAL_RATER):
            return go(f"/work/find?{urlencode({'q': '' if phone else words})}")
        asked = {"command_id": str(uuid4()), "phone": phone}
        found = self.services.post("rectify", f"{CASES}:by-phone", visitor.token, asked)["items"]
        if len(found) == 1:
            return go(f"/work/cases/{found[0]['id']}")
        values = {"phone": masked_number(phone), "rows": found, **self.words(visitor)}
        return View("work/called.html", values)

    @page("GET", "/work/looks", Action.READ_GRANTS)
    def show_looks(self, request: Request, visitor: Visitor) -> View:
        """Who looked at raters within a month, how often, and why."""
        asked = {"period": request.args["period"]} if request.args.get("period") else {}
        told = self.services.get("rectify", "/v1/grants", visitor.token, **asked)
        return View("work/looks.html", {"told": told, **self.words(visitor)})
