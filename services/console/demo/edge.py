"""The senders: channels, the errand system and a kiosk, posting to the edge as time goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from services.console.demo.client import ADMINISTRATOR, Api
from services.console.demo.county import ERRAND_SYSTEM
from services.console.demo.presses import Form, Press

AT_ONCE = 2000
RATINGS, ERRANDS = "/v1/ratings:batch", "/v1/errands:batch"


@dataclass
class Senders:
    """Counts what the edge answered: `captured` were accepted, `refused` were not."""

    api: Api
    captured: int = 0
    refused: int = 0
    errands: int = 0
    field_errors: list[dict[str, Any]] = field(default_factory=list)

    def set_clock(self, now: datetime) -> None:
        """Move business time for every service."""
        self.api.put(ADMINISTRATOR, "registry", "/v1/clock", {"now": now.isoformat()})

    def send(self, presses: Iterable[Press]) -> None:
        """Report the errands that were rated, then post the presses, each channel its own."""
        presses = sorted(presses, key=lambda press: (press.channel, press.at))
        self.report([press.errand for press in presses if press.errand])
        for channel, own in groupby(presses, key=lambda press: press.channel):
            self.post(f"system-{channel}", [press.form for press in own])

    def post(self, sender: str, forms: Sequence[Form]) -> None:
        """Post forms in batches and count the answers."""
        for start in range(0, len(forms), AT_ONCE):
            part = forms[start : start + AT_ONCE]
            answer = self.api.post(sender, "capture", RATINGS, part)
            self.captured += answer["accepted"]
            self.refused += answer["refused"]
            refused = (each for each in answer["results"] if each["status"] == "refused")
            self.field_errors += [error for each in refused for error in each["errors"]]

    def report(self, reports: Sequence[Form]) -> None:
        """Report errands that reached their stage."""
        for start in range(0, len(reports), AT_ONCE):
            part = reports[start : start + AT_ONCE]
            sender = f"system-{ERRAND_SYSTEM}"
            self.errands += self.api.post(sender, "capture", ERRANDS, part)["accepted"]
