"""Messages on their way out: envelopes as bytes, a backlog in as few of them as may be."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b

from services.contracts.message import Envelope, Message
from services.contracts.partitions import HASHED_BY
from services.contracts.topology import (
    BULK_BYTES,
    BULK_ITEMS,
    COMPANY,
    WITH_BACKLOG,
    backlog_key,
    exchange_of,
)


@dataclass(frozen=True)
class Outgoing:
    """A message as the broker gets it."""

    exchange: str
    routing_key: str
    body: bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    headers: Mapping[str, str] = field(default_factory=dict)
    mandatory: bool = True

    @classmethod
    def of(
        cls,
        kind: type[Message],
        items: Sequence[bytes],
        trace: str,
        id: str,
        about: str | None = None,
    ) -> Outgoing:
        """One envelope around messages of one kind that are JSON already.

        More than `COMPANY` are a backlog, which must not stand before single ones. What is `about`
        the same goes to the same partition.
        """
        head = Envelope(
            id=id, type=kind.__name__, trace=trace, sent_at=datetime.now(UTC), items=({},)
        ).model_dump_json(exclude={"items"})
        body = b'%s,"items":[%s]}' % (head[:-1].encode(), b",".join(items))
        backlog = len(items) > COMPANY and kind in WITH_BACKLOG
        key = backlog_key(kind) if backlog else kind.routing_key
        return cls(exchange_of(kind), key, body, id, _hashed_by(about))


def packed(messages: Sequence[Message], trace: str) -> Iterator[Outgoing]:
    """Messages of one kind in as few envelopes as `BULK_ITEMS` and `BULK_BYTES` allow.

    Those in company go to the partition of the first of them.
    """
    for pack in _packs(message.as_json() for message in messages):
        first = messages[0]
        yield Outgoing.of(type(first), pack, trace, str(uuid.uuid4()), first.about)


def _packs(items: Iterable[bytes]) -> Iterator[list[bytes]]:
    pack: list[bytes] = []
    size = 0
    for item in items:
        if pack and (len(pack) == BULK_ITEMS or size + len(item) > BULK_BYTES):
            yield pack
            pack, size = [], 0
        pack.append(item)
        size += len(item)
    if pack:
        yield pack


def _hashed_by(about: str | None) -> dict[str, str]:
    """A digest: what a rating is about may be personal, and headers are shown in more places."""
    return {HASHED_BY: blake2b(about.encode(), digest_size=8).hexdigest()} if about else {}
