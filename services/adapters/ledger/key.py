"""The key of the tamper-evident chain, kept outside the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nameko.extensions import DependencyProvider

from services.adapters.settings import secret_bytes

KEY_FILE, KEY_BYTES = "HAOPING_LEDGER_KEY_FILE", 32


def ledger_key(config: Mapping[str, Any]) -> bytes:
    """The key in the file that the settings name. Raises Misconfigured."""
    return secret_bytes(config, KEY_FILE, KEY_BYTES)


class LedgerKey(DependencyProvider):
    """Gives workers the chain's key."""

    key: bytes

    def setup(self) -> None:
        """Read the key; a missing file stops the service with the remedy."""
        self.key = ledger_key(self.container.config)

    def get_dependency(self, worker_ctx: object) -> bytes:
        """The key."""
        return self.key
