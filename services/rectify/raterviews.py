"""What is shown of a rater: masked to whoever sees the case, or as they are, once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from services.contracts.masking import MASKS, masked_number, masked_text
from services.rectify.facts import Name

Rating = Mapping[str, Any]


class RevealForm(BaseModel):
    """Why somebody has to know who the rater is. Each `command_id` is answered once."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    command_id: Name
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]


class RaterShown(BaseModel):
    """The rater, masked, and what was written; `may_reveal`: whether the asker may know more.

    Of an anonymous rating the errand and the time of day are personal too, so both are null.
    """

    name: str | None = None
    phone: str | None = None
    certificate: str | None = None
    address: str | None = None
    comment: str | None = None
    append: str | None = None
    errand_number: str | None = None
    stage: str | None = None
    pressed_at: AwareDatetime | None = None
    may_reveal: bool = False


class Revealed(BaseModel):
    """The rater as they are; nothing of this may be shown after `expires_at` (wall clock)."""

    name: str | None = None
    phone: str | None = None
    certificate: str | None = None
    address: str | None = None
    comment: str | None = None
    append: str | None = None
    expires_at: AwareDatetime


@dataclass(frozen=True)
class Told:
    """What a rater told about themselves by field, but for words; and when (the last of) it was
    erased: what somebody wrote before that cannot be masked any more.
    """

    known: Mapping[str, str]
    erased_at: datetime | None = None


def about_themselves(rating: Rating | None, append: Rating | None) -> dict[str, str]:
    """What the rater told with the rating, or else with the append, but for words."""
    told = {**(append or {}).get("personal", {}), **(rating or {}).get("personal", {})}
    return {field: value for field, value in told.items() if field != "comment"}


def masked(rating: Rating | None, append: Rating | None, may_reveal: bool) -> RaterShown:
    """What everybody sees who sees the case and was not rated."""
    if rating is None:
        return RaterShown()
    known = dict(rating["personal"])
    comment, name = known.pop("comment", None), known.get("name")
    shown = {field: MASKS.get(field, masked_number)(value) for field, value in known.items()}
    written = append["personal"].get("comment") if append else None
    told = about_themselves(rating, append)
    exact = ("errand_number", "pressed_at") if name else ()
    return RaterShown(
        comment=masked_text(comment, told) if comment else None,
        append=masked_text(written, told) if written else None,
        stage=rating.get("stage"),
        may_reveal=may_reveal,
        **shown,
        **{field: rating.get(field) for field in exact},
    )


def revealed(rating: Rating, append: Rating | None, expires_at: datetime) -> Revealed:
    """What is shown once; of somebody who was erased and appended since, what the append tells."""
    comment, written = (each and each["personal"].get("comment") for each in (rating, append))
    told = about_themselves(rating, append)
    return Revealed(**told, comment=comment, append=written, expires_at=expires_at)
