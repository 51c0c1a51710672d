"""What raters ask with their receipts, and what is answered about objections."""

from werkzeug.wrappers import Request

from services.adapters.http import Throttle, Windows, api, read_json, read_query
from services.adapters.openapi import Problem
from services.adapters.receipts import Receipts
from services.adapters.sealing import Sealer, Vault
from services.contracts.actor import Action, Actor
from services.rectify.citizen import Asked, Counter, ObjectionForm, read_objection
from services.rectify.raters import Objections, Rated
from services.rectify.receipts import ReceiptShown
from services.rectify.wiring import Wired


class Receiving(Wired):
    """The counter at which receipts are shown; no sign-in, for the code itself is the proof."""

    windows: Windows = Throttle()
    sealer: Sealer = Vault()

    @api(
        "GET",
        "/v1/receipts/<token:code>",
        None,
        asks=Asked,
        answers={200: ReceiptShown, 410: Problem},
    )
    def get_receipt(self, request: Request, actor: Actor, code: str) -> ReceiptShown:
        """What became of a rating; `lang=en` for English."""
        return self._counter(request).show(code, read_query(request, Asked).lang)

    @api(
        "POST",
        "/v1/receipts/<token:code>/objection",
        None,
        takes=ObjectionForm,
        asks=Asked,
        answers={200: ReceiptShown, 409: Problem, 410: Problem},
    )
    def post_objection(self, request: Request, actor: Actor, code: str) -> ReceiptShown:
        """Object, once, to the finding that the rating does not count."""
        form, language = read_json(request, ObjectionForm), read_query(request, Asked).lang
        shown = self._counter(request).object(code, form, self.sealer.seal, language)
        self.outbox.wake()
        return shown

    @api("GET", "/v1/cases/<string:id>/objection", Action.READ_CASES)
    def get_objection(self, request: Request, actor: Actor, id: str) -> dict[str, str]:
        """What the rater objected, for those who may decide on it; each look is recorded."""
        objections = Objections(self.db)
        return read_objection(
            self._cases(), objections, actor, id, self._office(), self.sealer.open
        )

    def _counter(self, request: Request) -> Counter:
        asker = request.remote_addr or ""
        receipts = Receipts(self.key, self.windows.pass_or_refuse, asker)
        return Counter(receipts, self._cases(), Rated(self.db), Objections(self.db), self._office())
