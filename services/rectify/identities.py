"""Every query about what is sealed in ratings; the store alone writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.adapters.mongo import Db, Document
from services.rectify.raters import Rated
from services.rectify.raterviews import Told, about_themselves

Open = Callable[[bytes], Mapping[str, str]]
WANTED = {"sealed": 1, "pressed_at": 1, "errand_number": 1, "stage": 1, "rating_id": 1, "erased": 1}


@dataclass(frozen=True)
class Identities:
    """The ratings with what is sealed in them, which `open` opens."""

    db: Db
    open: Open

    def about(self, key: str | None) -> tuple[Document | None, Document | None]:
        """The rating under this key and the append to it, `personal` opened; None for neither."""
        rating = self._find(key) if key else None
        append = Rated(self.db).append_to(rating) if rating else None
        return rating, self._find(append["_id"]) if append else None

    def told(self, key: str | None) -> Told:
        """What the rater told about themselves, so that it can be masked wherever it stands."""
        rating, append = self.about(key)
        erased = [each["erased"]["at"] for each in (rating, append) if each and each.get("erased")]
        return Told(about_themselves(rating, append), max(erased, default=None))

    def _find(self, key: str) -> Document | None:
        found = self.db["ratings"].find_one({"_id": key}, WANTED)
        return found and self._opened(found)

    def _opened(self, rating: Document) -> Document:
        sealed = rating.pop("sealed", None)
        return {**rating, "personal": dict(self.open(bytes(sealed))) if sealed else {}}
