"""A key for each purpose, made of the ledger's."""

from __future__ import annotations

import pytest

from services.contracts.subkeys import subkey

SECRET = b"the ledger's key"


def test_no_purpose_has_the_key_of_another_or_the_ledgers_own() -> None:
    keys = {subkey(SECRET, purpose) for purpose in ("phones", "receipts", "links", "cases")}
    assert len(keys | {SECRET}) == 5


@pytest.mark.parametrize(
    ("purpose", "begins"),
    [
        ("receipts", "83d6a74ee3b2d12e"),
        ("links", "370aa251c8fb9c56"),
        ("phones", "1663a2a0fdc5bd61"),
    ],
)
def test_what_was_sealed_by_an_earlier_version_is_still_known(purpose: str, begins: str) -> None:
    """Receipts and links are on paper, and hashes of numbers in documents: they outlive us."""
    assert subkey(SECRET, purpose).hex()[:16] == begins
