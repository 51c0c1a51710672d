"""Whether something in the registry was there within a period. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Self
from zoneinfo import ZoneInfo

from services.contracts.directory import Entry
from services.contracts.period import Period


@dataclass(frozen=True)
class Span:
    """The moments of a period: from `begins` until before `ends`."""

    begins: datetime
    ends: datetime

    @classmethod
    def of(cls, period: Period, zone: ZoneInfo) -> Self:
        """The period in the time of the region."""
        return cls(datetime.combine(period.first, time(), zone), period.ends(zone))

    def met(self, entries: Iterable[Entry]) -> bool:
        """Whether one of these counted at any moment of it."""
        return any(
            (each.active_from is None or each.active_from < self.ends)
            and (each.active_to is None or self.begins < each.active_to)
            for each in entries
        )
