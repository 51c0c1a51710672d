"""Which press of which device: the number that says whether anything is missing between two."""

from __future__ import annotations

import uuid

NAMESPACE = uuid.UUID("9559eec0-7d72-536d-8f99-7d7852636931")
"""UUIDv5 of `urn:haoping:press` in the URL namespace (RFC 9562)."""


def rating_id(device: str, epoch: int, sequence: int) -> uuid.UUID:
    """The rating id of a device's press: UUIDv5 of `device:epoch:sequence`.

    The registry issues a new epoch with each enrolment, so that a device which lost its memory and
    counts from 1 again never uses an id of its past.
    """
    return uuid.uuid5(NAMESPACE, f"{device}:{epoch}:{sequence}")


def plain_id(text: str) -> str:
    """A rating id as it is stored, however its sender writes it: some write capitals."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return text
