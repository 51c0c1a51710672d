"""The edge of Haoping: takes presses and errands, and says 202 only when the bus holds them."""

import uuid
from collections.abc import Iterator
from importlib.metadata import version
from typing import Annotated, Any

from annotated_types import Len
from werkzeug.wrappers import Request

from services.adapters.breathing import breathing
from services.adapters.health import Healthy
from services.adapters.http import api, read_items, read_json
from services.adapters.openapi import document_of
from services.adapters.telemetry.metrics import HTTP, backlog, one_press
from services.capture.answers import RatingTaken, Sorted, Taken
from services.capture.batches import MAX_ITEMS, sort
from services.capture.forms import ErrandForm, RatingForm
from services.capture.hearing import Hearing
from services.capture.inviting import Inviting
from services.capture.raw import BODIES
from services.capture.readiness import lost_ways
from services.contracts import asyncapi
from services.contracts.actor import Action, Actor
from services.contracts.receipts import receipt_of

ACCEPTED = 202
Batch = Annotated[list[Any], Len(1, MAX_ITEMS)]
Ratings = Annotated[list[RatingForm], Len(1, MAX_ITEMS)]
Errands = Annotated[list[ErrandForm], Len(1, MAX_ITEMS)]


class Capture(Inviting, Hearing, Healthy):
    """HTTP in, bus out."""

    name = "capture"

    @api(
        "POST",
        "/v1/ratings",
        Action.SUBMIT_RATING,
        takes=RatingForm,
        answers={ACCEPTED: RatingTaken},
        audited=False,
    )
    def post_rating(self, request: Request, actor: Actor) -> tuple[int, RatingTaken]:
        """Take one press; the receipt is for its rater. Sent again, it gets the same one."""
        trace = str(uuid.uuid4())
        with one_press(HTTP):
            press = self._edge(actor).rating(read_json(request, RatingForm), trace)
            self.bus.publish_together(press, trace)
        id = press.rating_id
        receipt = receipt_of(self.key, id, self.public_url)
        return ACCEPTED, RatingTaken(status="accepted", trace=trace, rating_id=id, receipt=receipt)

    @api(
        "POST",
        "/v1/ratings:batch",
        Action.SUBMIT_RATING,
        takes=Ratings,
        answers={ACCEPTED: Sorted},
        audited=False,
    )
    def post_ratings(self, request: Request, actor: Actor) -> tuple[int, dict[str, Any]]:
        """Take a backlog of presses; each has its own result, and none a receipt.

        Whoever pressed has left by then. For the receipt of a press that went in a backlog or over
        MQTT send the same press alone to /v1/ratings: it is stored once all the same.
        """
        edge, trace = self._edge(actor), str(uuid.uuid4())
        items = read_items(request, Batch, Ratings)
        sealed = edge.sealed_in_one_run(breathing(items))
        sorting = sort(
            breathing(items),
            RatingForm,
            lambda form, at: edge.rating(form, f"{trace}/{at}", sealed[at]),
        )
        with backlog(HTTP, len(sorting.events), sorting.refused):
            self._publish(sorting.events, trace)
        return ACCEPTED, sorting.summary

    @api(
        "POST",
        "/v1/errands",
        Action.REPORT_ERRAND,
        takes=ErrandForm,
        answers={ACCEPTED: Taken},
        audited=False,
    )
    def post_errand(self, request: Request, actor: Actor) -> tuple[int, dict[str, Any]]:
        """Take the report that one errand reached a stage."""
        form, trace = read_json(request, ErrandForm), str(uuid.uuid4())
        self.bus.publish_together(self._edge(actor).errand(form), trace)
        return ACCEPTED, {"status": "accepted", "trace": trace}

    @api(
        "POST",
        "/v1/errands:batch",
        Action.REPORT_ERRAND,
        takes=Errands,
        answers={ACCEPTED: Sorted},
        audited=False,
    )
    def post_errands(self, request: Request, actor: Actor) -> tuple[int, dict[str, Any]]:
        """Take many reports of errands; each has its own result."""
        edge, items = self._edge(actor), read_items(request, Batch, Errands)
        sorting = sort(breathing(items), ErrandForm, lambda form, at: edge.errand(form))
        self._publish(sorting.events, str(uuid.uuid4()))
        return ACCEPTED, sorting.summary

    @api("GET", "/v1/openapi.json", None)
    def openapi(self, request: Request, actor: Actor) -> dict[str, Any]:
        """This document: every address of the edge, and what it takes and answers."""
        return document_of(Capture)

    @api("GET", "/v1/asyncapi.json", None)
    def asyncapi(self, request: Request, actor: Actor) -> dict[str, Any]:
        """The other document: every channel of the bus, MQTT topics included."""
        return asyncapi.document(version("haoping"), BODIES)

    def _hindrances(self) -> Iterator[str]:
        """Also whether every press that is acknowledged, over any protocol, ends in a queue."""
        yield from list(super()._hindrances()) or lost_ways(self.bus.publish)
