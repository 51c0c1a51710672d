"""How a batch of presses is stored: examined, put off, inserted, and what was wrong quarantined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from services.adapters.mongo import Db
from services.adapters.outcome import Done, Later, Outcome
from services.contracts.events import RatingSubmitted
from services.contracts.vocabulary import Turn
from services.store.belonging import Refusal
from services.store.intake import (
    Intake,
    buckets,
    numbered,
    probe_document,
    spans,
)
from services.store.joining import CHANGED, Joining
from services.store.linking import Document
from services.store.marking import Sightings
from services.store.quarantine import FINAL, OPEN, Quarantine, Row
from services.store.reported import Errands
from services.store.repository import Fate, Ratings

SealPress = Callable[[RatingSubmitted], bytes]
Ready = Sequence[tuple[RatingSubmitted, Document]]
WAITS_FOR_FIRST = Later("append_before_first: the rating that it belongs to is not here yet")
DETAILS = {
    Fate.CONFLICT: "this rating id was used before with other content",
    Fate.ALREADY_RATED: "this service was rated before, under another rating id",
}


@dataclass(frozen=True)
class Storing:
    """The collaborators of one batch."""

    ratings: Ratings
    errands: Errands
    sightings: Sightings
    quarantine: Quarantine
    intake: Intake
    seal: SealPress

    @classmethod
    def on(cls, db: Db, intake: Intake, seal: SealPress) -> Self:
        """A batch on this database."""
        return cls(Ratings(db), Errands(db), Sightings(db), Quarantine(db), intake, seal)

    def store(self, presses: Sequence[RatingSubmitted]) -> list[Outcome]:
        """Put every press where it belongs; safe to repeat with the same presses."""
        self._keep_probes([press for press in presses if press.probe])
        outcomes = iter(self._store([press for press in presses if not press.probe]))
        return [Done() if press.probe else next(outcomes) for press in presses]

    def _keep_probes(self, probes: Sequence[RatingSubmitted]) -> None:
        """Examine probes like any press, and keep what was found beside the ratings."""
        for probe in probes:
            self.ratings.keep_probe(probe_document(probe, self.intake.examine(probe)))
        self.quarantine.close([probe.rating_id for probe in probes], self.intake.stored_at)

    def _store(self, presses: Sequence[RatingSubmitted]) -> list[Outcome]:
        examined = [(press, self.intake.examine(press)) for press in presses]
        rows = [self._refused(press, it) for press, it in examined if isinstance(it, Refusal)]
        good = [(press, it) for press, it in examined if not isinstance(it, Refusal)]
        orphans = self._orphans([press for press, _ in good])
        ready = [(press, document) for press, document in good if press.key not in orphans]
        fates = self._insert(ready)
        later: dict[str, Outcome] = dict.fromkeys(orphans, WAITS_FOR_FIRST)
        later |= self._settle(ready, fates)
        rows += self._rejections(ready, fates)
        self.quarantine.file(rows, self.intake.stored_at)
        final = {row.key for row in rows if row.state == FINAL}
        stored = [press.rating_id for press, _ in ready if press.rating_id not in final]
        self.quarantine.close(stored, self.intake.stored_at)
        return [later.get(press.key, Done()) for press in presses]

    def _orphans(self, presses: Sequence[RatingSubmitted]) -> set[str]:
        """Keys of appends whose first rating is neither stored nor in this batch."""
        appends = {press.key: press.key_of_first for press in presses if _is_append(press)}
        here = {press.key for press in presses if not _is_append(press)}
        known = here | self.ratings.present(sorted(set(appends.values()) - here))
        return {key for key, first in appends.items() if first not in known}

    def _insert(self, ready: Ready) -> list[Fate]:
        documents = [document for _, document in ready]
        with self.ratings.touching(buckets(documents), self.intake.stored_at):
            fates = self.ratings.insert(documents)
        self.sightings.note(spans(documents))
        return fates

    def _settle(self, ready: Ready, fates: Sequence[Fate]) -> dict[str, Outcome]:
        """Join what may have met its errand only now; what is being changed is put off, by key."""
        open_ends = {
            press.errand_key: press.key
            for (press, _), fate in zip(ready, fates, strict=True)
            if press.linked and (fate is not Fate.STORED or self._may_be_open(press))
        }
        errands = self.errands.known(open_ends)
        joining = Joining(self.ratings, self.intake.rules, self.intake.stored_at)
        left = joining.settle(list(errands.values()))
        return {open_ends[key]: why for key, why in left.items() if why is CHANGED}

    def _may_be_open(self, press: RatingSubmitted) -> bool:
        errand = self.intake.errands.get(press.errand_key)
        return errand is None or errand.rated_as is not None

    def _rejections(self, ready: Ready, fates: Sequence[Fate]) -> list[Row]:
        judged = zip(ready, fates, strict=True)
        return [self._rejected(press, fate) for (press, _), fate in judged if fate in DETAILS]

    def _refused(self, press: RatingSubmitted, refusal: Refusal) -> Row:
        return self._row(press, press.rating_id, refusal.reason, refusal.detail, OPEN)

    def _rejected(self, press: RatingSubmitted, fate: Fate) -> Row:
        conflict = fate is Fate.CONFLICT
        key = f"{press.rating_id}:{press.fingerprint[:16]}" if conflict else press.rating_id
        return self._row(press, key, fate.value, DETAILS[fate], OPEN if conflict else FINAL)

    def _row(self, press: RatingSubmitted, key: str, reason: str, detail: str, state: str) -> Row:
        kind = type(press).__name__
        sealed = self.seal(press)
        by, number = press.submitted_by, numbered(press)
        return Row(key, reason, detail, sealed, press.receipt, kind, state, by, number)


def _is_append(press: RatingSubmitted) -> bool:
    return press.turn is Turn.APPEND
