"""Devices that say too little: silent ones, growing outboxes, presses refused for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.contracts.calendar import calendar_of
from services.contracts.directory import Device
from services.contracts.rules import Rules
from services.store.forms import Finding

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Sight:
    """A device that has a key: when anything was last heard of it, and what it said."""

    device: Device
    heard: datetime | None
    depths: tuple[int, ...] = ()
    refused: int = 0


def of_devices(sights: Iterable[Sight], now: datetime, rules: Rules) -> Iterator[Finding]:
    """What a person should look at, device by device."""
    for sight in sights:
        if silent := silence(sight, now, rules):
            yield _silent(sight, silent, rules)
        depths = sight.depths[-rules.watch.heartbeats :]
        if len(depths) == rules.watch.heartbeats and sorted(set(depths)) == list(depths):
            yield _growing(sight, depths)
        if sight.refused:
            yield _refused(sight)


def silence(sight: Sight, now: datetime, rules: Rules) -> timedelta | None:
    """How long a device has said nothing since its hall opened; None if that is no wonder."""
    opened = sight.device.opened(now.astimezone(rules.region.zone))
    if opened is None or not calendar_of(rules.region).works(opened.date()):
        return None
    silent = now - max(sight.heard or opened, opened)
    return silent if silent >= rules.watch.silent_min * MINUTE else None


def _silent(sight: Sight, silent: timedelta, rules: Rules) -> Finding:
    heard = sight.heard.astimezone(rules.region.zone) if sight.heard else None
    last = f"last heard of on {heard:%Y-%m-%d %H:%M}" if heard else "never heard of since enrolment"
    return Finding(
        kind="device_silent",
        subject=sight.device.id,
        detail=f"{sight.device.name}: {silent // MINUTE} min of silence while open; {last}",
        do="see whether it has power and network; its presses wait in its outbox",
    )


def _growing(sight: Sight, depths: Sequence[int]) -> Finding:
    return Finding(
        kind="outbox_growing",
        subject=sight.device.id,
        detail=f"its outbox was longer at every heartbeat: {', '.join(map(str, depths))}",
        do="it reaches us but its presses are not taken: read the answers in its log",
    )


def _refused(sight: Sight) -> Finding:
    return Finding(
        kind="presses_refused",
        subject=sight.device.id,
        detail=f"{sight.refused} presses were refused for good and are kept on the device",
        do="read the reasons there, mend its settings, and send them again",
    )
