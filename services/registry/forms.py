"""What the registry takes and shows."""

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.contracts.directory import Directory


class ClockForm(BaseModel):
    """The business time to move to."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    now: AwareDatetime


def public(directory: Directory) -> Directory:
    """The registry without anybody's token hash."""
    hidden = tuple(p.model_copy(update={"token_hash": None}) for p in directory.principals)
    return directory.model_copy(update={"principals": hidden})
