"""Receipts as they are shown at a counter on the web: read within limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.contracts.receipts import rating_id_of
from services.errors import NotFound


@dataclass(frozen=True)
class Receipts:
    """Reads receipt codes; `asker` is the address they came from."""

    secret: bytes
    pass_or_refuse: Callable[[str, str], None]
    asker: str

    def rating_id(self, code: str) -> str:
        """The id of the rating whose code it is.

        Raises NotFound, kindly, for a code that is none of ours; TooMany for whoever tries many
        of those, or asks for one receipt again and again.
        """
        try:
            id = rating_id_of(self.secret, code)
        except NotFound:
            self.pass_or_refuse("guess", self.asker)
            raise
        self.pass_or_refuse("receipt", id)
        return id
