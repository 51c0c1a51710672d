"""What a raw press carries once its sender is known, so that it can be taken again later.

A press that was refused out of a letter has lost the signature that stood over the whole letter;
what was found true then is kept beside it. It travels in a header, which means something only on
what comes back: out of a delay queue, by the default exchange, to which nobody may write but the
broker, or by that of the work list, to which only the store may.
"""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.contracts.actor import Role

HEADER = "haoping-sender"


class Sender(BaseModel):
    """Who sent a press, as device or as system, when it came, and under which receipt."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    by: str
    role: Role
    received_at: AwareDatetime
    receipt: str
    marks: tuple[str, ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        """How it travels."""
        return {HEADER: self.model_dump_json()}
