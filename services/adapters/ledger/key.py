"""The key of the tamper-evident chain, kept outside the database."""

from __future__ import annotations

from nameko.extensions import DependencyProvider

from services.adapters.settings import secret_bytes

LEDGER_KEY_BYTES = 32


class LedgerKey(DependencyProvider):
    """Gives workers the chain's key."""

    key: bytes

    def setup(self) -> None:
        """Read the key; a missing file stops the service with the remedy."""
        self.key = secret_bytes(self.container.config, "HAOPING_LEDGER_KEY_FILE", LEDGER_KEY_BYTES)

    def get_dependency(self, worker_ctx: object) -> bytes:
        """The key."""
        return self.key
