"""Signed links: a single-use one for SMS and dynamic QR codes, a permanent one for a printed plate.

All that a link is about stands in its token, signed (HMAC-SHA256, 128 bits) with a key of its own;
nothing has to be kept to recognise it. Whoever holds it can read the errand's number: it is theirs.
"""

import hashlib
import hmac
import json
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from services.capture.forms import Code, Form, Moment, RatingForm, Words
from services.contracts.events import SystemCode
from services.contracts.subkeys import subkey
from services.contracts.vocabulary import Channel, Level, Stage
from services.errors import NotFound

NAMESPACE = uuid.UUID("5d3a3c9e-0f0b-5c53-9a35-6f2f1f6f6c0e")
MAC_BYTES = 16
SPLIT = "~"
UNKNOWN = "This link is not one of ours, or was cut short: please open it again as you received it"


class Subject(Form):
    """What a link asks about: an errand at a stage, or only a window when it is a printed plate.

    What is said through the link of a `probe` counts nowhere.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    channel: Channel
    stage: Stage = Stage.COMPLETED
    source_system: SystemCode | None = None
    errand_number: Code | None = None
    occurrence: Annotated[int, Field(ge=1, le=999)] = 1
    item: Code | None = None
    unit: Code | None = None
    window: Code | None = None
    staff: Code | None = None
    issued_by: str
    expires: Moment | None = None
    probe: bool = False

    @property
    def permanent(self) -> bool:
        """Whether it is a plate: used again and again, and never over."""
        return self.expires is None

    def over(self, now: datetime) -> bool:
        """Whether its time has ended; at the instant itself it has."""
        return self.expires is not None and now >= self.expires

    @property
    def _body(self) -> bytes:
        content = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()

    @property
    def rating_id(self) -> uuid.UUID:
        """The one rating that a single-use link can give: a double submit says the same id."""
        return uuid.uuid5(NAMESPACE, self._body.hex())

    def token(self, key: bytes) -> str:
        """The link as it is sent."""
        body = self._body
        return f"{_text(body)}{SPLIT}{_text(_mac(key, body))}"


class LinkForm(Form):
    """Ask for a link about one errand. It goes out by `channel` and is over at `expires`.

    What comes through a `probe` goes the whole way, and counts nowhere.
    """

    channel: Annotated[Channel, Field(description="sms, or qr for a code on a screen")]
    stage: Stage = Stage.COMPLETED
    source_system: SystemCode
    errand_number: Code
    occurrence: Annotated[int, Field(ge=1, le=999)] = 1
    item: Code | None = None
    unit: Code | None = None
    window: Code | None = None
    staff: Code | None = None
    expires: Moment
    probe: bool = False

    @model_validator(mode="after")
    def goes_out_by_sms_or_qr(self) -> Self:
        """Kiosks, pages and the hotline have other ways."""
        if self.channel not in {Channel.SMS, Channel.QR}:
            raise ValueError("a link goes out by sms or qr")
        return self


class PlateForm(Form):
    """Ask for the permanent code of a window; what comes through a `probe` counts nowhere."""

    window: Code
    probe: bool = False


class Said(Form):
    """What the citizen says. `press` tells presses on one plate apart; a link needs none."""

    level: Annotated[Level, Field(strict=False)]
    tags: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    name: Words | None = None
    phone: Annotated[str | None, Field(pattern=r"^\+?[0-9 -]{5,20}$")] = None
    comment: Words | None = None
    press: uuid.UUID | None = None

    @model_validator(mode="before")
    @classmethod
    def a_level_is_a_number(cls, value: Any) -> Any:
        """JSON's `true` equals 1 in Python."""
        if isinstance(value, dict) and isinstance(value.get("level"), bool):
            raise ValueError("level should be 5, 4, 3, 2 or 1")
        return value


def key_of(secret: bytes) -> bytes:
    """The links' own key, derived from the ledger's so that neither signs for the other."""
    return subkey(secret, "links")


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()[:MAC_BYTES]


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def subject_of(token: str, key: bytes) -> Subject:
    """What a token is about. Raises NotFound, kindly, unless every character is as it was issued.

    The token is made again from what was read: two tokens never stand for one subject.
    """
    try:
        body, mac = map(_bytes, token.split(SPLIT))
        if not hmac.compare_digest(mac, _mac(key, body)):
            raise NotFound(UNKNOWN)
        subject = Subject.model_validate_json(body)
    except (ValueError, NotBase64, ValidationError):
        raise NotFound(UNKNOWN) from None
    if not hmac.compare_digest(subject.token(key).encode(), token.encode()):
        raise NotFound(UNKNOWN)
    return subject


def rating_form(subject: Subject, said: Said, pressed_at: datetime) -> RatingForm:
    """The press that a citizen made through a link.

    A plate is public, and so is how kiosks name their presses: what a citizen sends tells presses
    on this plate apart, and is never an id itself.
    """
    about = subject.model_dump(exclude={"issued_by", "expires"})
    words = said.model_dump(exclude={"press"})
    id = subject.rating_id
    if subject.permanent:
        id = uuid.uuid5(id, (said.press or uuid.uuid4()).hex)
    return RatingForm(**about, **words, rating_id=id, pressed_at=pressed_at)
