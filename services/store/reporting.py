"""How a batch of errands is stored: examined, inserted, and joined with the ratings about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.adapters.outcome import Done, Never, Outcome
from services.contracts.directory import Directory
from services.contracts.events import ErrandReported
from services.store.intake import errand_document, unfit
from services.store.joining import Joining
from services.store.reported import Errands


@dataclass(frozen=True)
class Reporting:
    """The collaborators of one batch."""

    errands: Errands
    joining: Joining
    directory: Directory

    def store(self, reported: Sequence[ErrandReported]) -> list[Outcome]:
        """Keep every errand that can be counted; safe to repeat with the same ones."""
        why_not = [unfit(each, self.directory) for each in reported]
        fit = [each for each, why in zip(reported, why_not, strict=True) if why is None]
        left = self._keep(fit)
        return [
            Never(why) if why else left.get(each.key, Done())
            for each, why in zip(reported, why_not, strict=True)
        ]

    def _keep(self, fit: Sequence[ErrandReported]) -> dict[str, Outcome]:
        now = self.joining.now
        documents = [errand_document(each, self.joining.rules, now) for each in fit]
        touched = sorted({(each["day"], each["unit"]) for each in documents})
        with self.joining.ratings.touching(touched, now):
            standing = self.errands.insert(documents)
        return self.joining.settle(standing)
