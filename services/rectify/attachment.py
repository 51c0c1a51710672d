"""A file of evidence as a case remembers it."""

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Attachment(BaseModel):
    """A file of evidence: what it is called, its type by content, and what it was to the byte."""

    model_config = ConfigDict(frozen=True)
    id: str
    name: str
    type: str
    size: int
    sha256: str
    by: str
    at: AwareDatetime
