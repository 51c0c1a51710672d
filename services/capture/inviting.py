"""Links and plates that invite to rate, and receipts that allow one word more, over HTTP."""

from werkzeug.wrappers import Request, Response

from services.adapters.http import api, read_json
from services.adapters.openapi import Problem
from services.adapters.receipts import Receipts
from services.adapters.telemetry.metrics import LINK, one_press
from services.capture.answers import LinkIssued, LinkShown, RatingTaken
from services.capture.appending import Appends
from services.capture.linking import Links
from services.capture.links import LinkForm, PlateForm, Said
from services.capture.repository import LinkUses, Rated
from services.capture.wiring import Wired
from services.contracts.actor import Action, Actor
from services.contracts.events import RatingSubmitted

CREATED, ACCEPTED = 201, 202
SVG = "image/svg+xml"


class Inviting(Wired):
    """Issues links, and takes what citizens say through them."""

    @api("POST", "/v1/links", Action.ISSUE_LINK, takes=LinkForm, answers={CREATED: LinkIssued})
    def post_link(self, request: Request, actor: Actor) -> tuple[int, LinkIssued]:
        """A signed link through which one errand can be rated once, for an SMS or a QR code."""
        form = read_json(request, LinkForm)
        issued = self._links().issue(form, actor)
        self.audit.about("link", self.audit.hidden(form.errand_number), form.unit)
        return CREATED, issued

    @api("POST", "/v1/plates", Action.ISSUE_LINK, takes=PlateForm, answers={CREATED: LinkIssued})
    def post_plate(self, request: Request, actor: Actor) -> tuple[int, LinkIssued]:
        """The permanent link of a window, for a printed plate."""
        form = read_json(request, PlateForm)
        issued = self._links().issue_plate(form, actor)
        self.audit.about("plate", form.window)
        return CREATED, issued

    @api("GET", "/v1/links/<token:token>", None, answers=LinkShown)
    def get_link(self, request: Request, actor: Actor, token: str) -> LinkShown:
        """What a link is about, and whether it is open, used or expired."""
        return self._links().show(token)

    @api("GET", "/v1/links/<token:token>.svg", None, answers={200: SVG})
    def get_picture(self, request: Request, actor: Actor, token: str) -> Response:
        """The QR code of a link."""
        return Response(self._links().picture(token), content_type=SVG)

    @api(
        "POST",
        "/v1/links/<token:token>/rating",
        None,
        takes=Said,
        answers={ACCEPTED: RatingTaken, 410: Problem},
        audited=False,
    )
    def rate(self, request: Request, actor: Actor, token: str) -> tuple[int, RatingTaken]:
        """Rate through a link, once; the same sent twice is absorbed."""
        with one_press(LINK):
            said = read_json(request, Said)
            return ACCEPTED, self._links().rate(token, said, self._edge, self._publish_one)

    @api(
        "POST",
        "/v1/receipts/<token:code>/append",
        None,
        takes=Said,
        answers={ACCEPTED: RatingTaken, 409: Problem, 410: Problem},
        audited=False,
    )
    def append(self, request: Request, actor: Actor, code: str) -> tuple[int, RatingTaken]:
        """Append to the rating of a receipt, once; the same sent twice is absorbed."""
        with one_press(LINK):
            said, by = read_json(request, Said), request.remote_addr or ""
            return ACCEPTED, self._appends(by).take(code, said, self._edge, self._publish_one)

    def _publish_one(self, event: RatingSubmitted) -> None:
        self.bus.publish_together(event, event.receipt)

    def _links(self) -> Links:
        return Links(
            self.key,
            self.rules.current,
            self.registry.current,
            LinkUses(self.db),
            self.clock.now(),
            self.public_url,
            self.windows.pass_or_refuse,
        )

    def _appends(self, by: str) -> Appends:
        receipts = Receipts(self.key, self.windows.pass_or_refuse, by)
        return Appends(receipts, Rated(self.db), self._links())
