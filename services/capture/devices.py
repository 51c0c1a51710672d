"""What a device asks and tells beside its presses: how it counts, its settings, its heartbeat."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from services.capture.forms import Count, Form, RatingForm
from services.contracts.actor import Actor, Role
from services.contracts.rules import Rules
from services.contracts.sequence import NAMESPACE, rating_id
from services.contracts.vocabulary import Level
from services.errors import Invalid, NotAllowed

Number = Annotated[int, Field(strict=True, ge=0, lt=2**53)]
COMPUTED = 5
"""The version of a UUID that is computed from a name (RFC 9562)."""
LABELS = {
    Level.VERY_SATISFIED: "非常满意",
    Level.SATISFIED: "满意",
    Level.BASICALLY_SATISFIED: "基本满意",
    Level.DISSATISFIED: "不满意",
    Level.VERY_DISSATISFIED: "非常不满意",
}
"""What stands beside the five faces (国办发〔2019〕51号)."""


def check_sequence(form: RatingForm, actor: Actor) -> None:
    """A device that counts its presses derives their ids from the count, in an epoch of its own.

    One that does not count makes them up: with an id that is computed it would speak for another.
    Raises NotAllowed for a sender that is no device, and Invalid, saying how the id is computed or
    that the registry never issued the epoch.
    """
    if form.epoch is None or form.sequence is None:
        if Role.DEVICE in actor.roles and form.rating_id.version == COMPUTED:
            detail = "is computed (UUIDv5): send the epoch and sequence it was computed from"
            raise Invalid(errors=[{"pointer": "/rating_id", "detail": detail}])
        return
    if Role.DEVICE not in actor.roles:
        raise NotAllowed("Only a device counts its presses; leave out epoch and sequence")
    if actor.epoch is not None and form.epoch > actor.epoch:
        detail = (
            f"{form.epoch} was never issued to {actor.id}, whose newest is {actor.epoch}: "
            "enrol it again with an administrator's code"
        )
        raise Invalid(errors=[{"pointer": "/epoch", "detail": detail}])
    wanted = rating_id(actor.id, form.epoch, form.sequence)
    if form.rating_id != wanted:
        how = f'UUIDv5 of "{actor.id}:{form.epoch}:{form.sequence}" in namespace {NAMESPACE}'
        detail = f"must be {wanted}: the {how}"
        raise Invalid(errors=[{"pointer": "/rating_id", "detail": detail}])


class HeartbeatForm(Form):
    """How a device is: the last sequence that it gave out, and what still waits in its outbox.

    `refused` presses were refused for good by the edge and are kept on the device.
    """

    epoch: Count
    last_sequence: Number
    outbox_depth: Number
    refused: Number = 0
    version: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Heard(BaseModel):
    """The heartbeat was kept; `wall` is the time here, by which requests are signed."""

    status: str = "kept"
    wall: AwareDatetime


class TagShown(BaseModel):
    """A tag that a rater may choose."""

    code: str
    label: str


class DeviceConfig(BaseModel):
    """All that a device has to show: faces, tags by level, channels; and the time here."""

    device: str
    rules: str
    levels: dict[int, str]
    tags: dict[int, list[TagShown]]
    channels: dict[str, str]
    now: AwareDatetime
    wall: AwareDatetime


def config(device: str, rules: Rules, now: datetime, wall: datetime) -> DeviceConfig:
    """The settings of a device; retired tags are understood, but no longer shown."""
    shown = {code: tag for code, tag in rules.tags.items() if not tag.retired}
    tags = {
        int(level): [
            TagShown(code=code, label=tag.label)
            for code, tag in shown.items()
            if tag.level == level
        ]
        for level in Level
    }
    return DeviceConfig(
        device=device,
        rules=rules.label,
        levels={int(level): LABELS[level] for level in Level},
        tags=tags,
        channels={code.value: rule.label for code, rule in rules.channels.by_code.items()},
        now=now,
        wall=wall,
    )
