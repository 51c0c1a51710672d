"""Notices over bus and HTTP: pins them up, has them carried out, lists what failed."""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from werkzeug.wrappers import Request

from services.adapters.bus import Delivery, consume
from services.adapters.couriers import Couriers
from services.adapters.http import api, read_json, read_query
from services.adapters.mail import Mail, Post
from services.adapters.mongo import Db, MongoDatabase
from services.adapters.outcome import Outcome
from services.adapters.sealing import Sealer, Vault
from services.adapters.timer import every
from services.adapters.webhooks import Sender, Webhooks
from services.contracts import topology
from services.contracts.actor import Action, Actor
from services.contracts.message import Message
from services.errors import Conflict, Invalid, NotFound
from services.rectify.noticeboard import BOARD_INDEXES, Noticeboard, Subscriptions
from services.rectify.notices import Kind, Subscription
from services.rectify.telling import Teller
from services.rectify.wiring import Wired

CREATED, ACCEPTED = 201, 202
LOOK_EVERY_S = 1.0
KEY_BYTES = 32
OLD_SECRET_LASTS = timedelta(hours=24)


class WebhookForm(BaseModel):
    """Who wants to be told: the address, the unit whose subtree it is about, and of what."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^/@\s]+(/\S*)?$", max_length=500)]
    unit: str
    kinds: Annotated[frozenset[Kind], Field(min_length=1)] = frozenset(Kind)


class Secret(BaseModel):
    """A secret of Standard Webhooks, shown this once."""

    id: str
    secret: str


class Asked(BaseModel):
    """The query string of the list of notices."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    state: Literal["waiting", "sent", "failed", "dropped"] = "failed"


class NoticeShown(BaseModel):
    """A notice of the work list. `to` is a subscription or a person, never a rater."""

    id: str
    kind: Kind
    way: Literal["webhook", "mail"]
    to: str
    case: str
    state: str
    attempts: int
    detail: str | None = None
    made_at: AwareDatetime
    open_at: AwareDatetime
    try_at: AwareDatetime


class Notifying(Wired):
    """Tells people and systems what happens to cases."""

    board: Db = MongoDatabase(BOARD_INDEXES)
    sealer: Sealer = Vault()
    webhooks: Sender = Webhooks()
    mail: Post = Mail()
    couriers: Couriers = Couriers()

    @consume(topology.RECTIFY_NOTICES, size=50, within_ms=50)
    def pin_notices(self, deliveries: Sequence[Delivery[Message]]) -> list[Outcome]:
        """Pin up what has to be told of what happened to cases."""
        teller = self._teller()
        return [teller.hear(delivery.message) for delivery in deliveries]

    @every(LOOK_EVERY_S)
    def tell(self) -> None:
        """Have the notices carried out whose time has come."""
        free = self.couriers.free
        if free < 1:
            return
        teller = self._teller()
        for notice in teller.due(free):
            self.couriers.send(partial(teller.carry_out, notice))

    @api("POST", "/v1/webhooks", Action.CHANGE_REGISTRY, takes=WebhookForm, answers={201: Secret})
    def post_webhook(self, request: Request, actor: Actor) -> tuple[int, Secret]:
        """Subscribe an address; the secret with which it will be told is shown this once."""
        form = read_json(request, WebhookForm)
        if form.unit not in self.registry.current.unit:
            raise Invalid(errors=[{"pointer": "/unit", "detail": "is not in the registry"}])
        subscription = Subscription(
            id=f"wh-{uuid4().hex[:12]}",
            **form.model_dump(),
            created_by=actor.id,
            created_at=self.clock.now(),
        )
        key = secrets.token_bytes(KEY_BYTES)
        Subscriptions(self.db).add(subscription, self._sealed(key))
        said = subscription.model_dump(mode="json", exclude={"id", "created_at"})
        self.audit.about("webhook", subscription.id, form.unit).changed({}, said)
        return CREATED, _shown(subscription.id, key)

    @api("GET", "/v1/webhooks", Action.CHANGE_REGISTRY, answers=list[Subscription])
    def get_webhooks(self, request: Request, actor: Actor) -> list[Subscription]:
        """Every subscription, ended ones too; never a secret."""
        return Subscriptions(self.db).all()

    @api("DELETE", "/v1/webhooks/<string:id>", Action.CHANGE_REGISTRY)
    def delete_webhook(self, request: Request, actor: Actor, id: str) -> dict[str, bool]:
        """Tell it no more; what was told stays on record."""
        if not Subscriptions(self.db).end(id, actor.id, datetime.now(UTC)):
            raise NotFound
        self.audit.about("webhook", id).changed({"active": True}, {"active": False})
        return {"active": False}

    @api("POST", "/v1/webhooks/<string:id>/secret", Action.CHANGE_REGISTRY, answers=Secret)
    def rotate_secret(self, request: Request, actor: Actor, id: str) -> Secret:
        """A new secret, shown this once; for a day both sign, so that nothing is lost meanwhile."""
        key, until = secrets.token_bytes(KEY_BYTES), datetime.now(UTC) + OLD_SECRET_LASTS
        if not Subscriptions(self.db).rotate(id, self._sealed(key), until):
            raise NotFound
        self.audit.about("webhook", id).changed({"secret": "old"}, {"secret": "new"})
        return _shown(id, key)

    @api("GET", "/v1/notices", Action.READ_QUARANTINE, asks=Asked, answers=list[NoticeShown])
    def get_notices(self, request: Request, actor: Actor) -> list[NoticeShown]:
        """Notices in a state, by default those that nobody could be told of: the work list."""
        found = Noticeboard(self.board).listed(read_query(request, Asked).state)
        return [NoticeShown.model_validate({**each, "id": each["_id"]}) for each in found]

    @api("POST", "/v1/notices/<string:id>/replay", Action.MEND_QUARANTINE)
    def replay_notice(self, request: Request, actor: Actor, id: str) -> tuple[int, dict[str, str]]:
        """Try a failed notice anew, once its receiver is mended."""
        if not Noticeboard(self.board).replay(id, actor.id, datetime.now(UTC)):
            raise Conflict("No notice under this id has failed; see GET /v1/notices")
        self.audit.about("notice", id).changed({"state": "failed"}, {"state": "waiting"})
        return ACCEPTED, {"status": "waiting"}

    def _sealed(self, key: bytes) -> bytes:
        return self.sealer.seal({"key": key.hex()})

    def _teller(self) -> Teller:
        return Teller(
            Noticeboard(self.board),
            Subscriptions(self.board),
            self._cases(),
            self._office(),
            datetime.now(UTC),
            self.webhooks,
            self.mail,
            self.sealer.open,
        )


def _shown(id: str, key: bytes) -> Secret:
    return Secret(id=id, secret=f"whsec_{b64encode(key).decode()}")
