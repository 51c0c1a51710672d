"""Seals the rater's personal fields with pymongo's explicit encryption before they are published.

Data keys live in the database, wrapped by a master key that does not. New fields are sealed with
the newest; each ciphertext names the key that opens it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from logging import getLogger
from typing import Any, Self

import pymongo
from bson.binary import Binary
from bson.codec_options import CodecOptions
from nameko.extensions import DependencyProvider
from pymongo.encryption import ClientEncryption
from pymongo.errors import DuplicateKeyError, EncryptionError, PyMongoError

from services.adapters.mongo import AWAY_S, GLANCE_S, Db, Document, MongoConnection
from services.adapters.sealing.datakeys import KEYS, DataKey, DataKeys, name_of
from services.adapters.sealing.kms import Kms, kms_of, local
from services.errors import Misconfigured

ALGORITHM = "AEAD_AES_256_CBC_HMAC_SHA_512-Random"
CIPHERTEXT = 6
FOR_EVER = 0
"""A data key never changes; once opened it is kept, so that the edge outlives the database."""
TAKEN_UP_S = 5.0
"""Within so many seconds every running process seals with a data key that was made anywhere."""
_log = getLogger(__name__)


class Sealer:
    """Turns personal fields into one ciphertext and back."""

    def __init__(self, db: Db, kms: Kms | bytes) -> None:
        self._kms = local(kms) if isinstance(kms, bytes) else kms
        self.keys = DataKeys(db)
        self._newest: DataKey | None = None
        self._looked = float("-inf")
        options: CodecOptions[Document] = CodecOptions()
        self._encryption: ClientEncryption[Document] = ClientEncryption(
            self._kms.providers,
            f"{db.name}.{KEYS}",
            db.client,
            options,
            kms_tls_options=self._kms.tls,
            key_expiration_ms=FOR_EVER,
        )

    @classmethod
    def of(cls, config: Mapping[str, Any], db: Db) -> Self:
        """The sealer that the settings describe. Raises Misconfigured."""
        return cls(db, kms_of(config))

    def ensure_key(self) -> None:
        """Make the first data key unless some other process has, and open the newest.

        Raises Misconfigured when the master key or the key management service does not serve.
        """
        self.keys.declare()
        try:
            if self.keys.newest() is None:
                self._make(1)
            self._newest = self._opened(self.keys.newest())
        except EncryptionError as error:
            if isinstance(error.cause, PyMongoError):
                raise
            raise Misconfigured(
                f"The data keys cannot be made or opened with {self._kms.provider}: {error}"
            ) from error
        self._looked = time.monotonic()

    def seal(self, fields: Mapping[str, str]) -> bytes:
        """One ciphertext for all `fields`."""
        return self._sealed(fields, self.newest)

    def open(self, sealed: bytes) -> dict[str, str]:
        """The fields again. Only for those whose role, case and reason allow it."""
        return dict(self._encryption.decrypt(Binary(sealed, CIPHERTEXT)))

    @property
    def newest(self) -> DataKey:
        """The key in force, at most `TAKEN_UP_S` old, or the last one while the database is away.

        Raises PyMongoError while none was ever opened.
        """
        if self._newest is None:
            self._newest = self._opened(self.keys.newest())
            self._looked = time.monotonic()
        elif time.monotonic() - self._looked > TAKEN_UP_S:
            self._looked = time.monotonic()
            self._newest = self._renewed(self._newest)
        return self._newest

    def rotate(self) -> DataKey:
        """A new data key, in force at once here and soon everywhere; of two at once, one."""
        before = self.keys.newest()
        self._make(before.generation + 1 if before else 1)
        self._newest = self._opened(self.keys.newest())
        return self._newest

    def rewrap(self) -> str:
        """Wrap every data key with the master key in force; returns what that is called."""
        self._encryption.rewrap_many_data_key({}, self._kms.provider, self._kms.master_key)
        return self._kms.provider

    def _make(self, generation: int) -> None:
        names = [name_of(generation)]
        try:
            self._encryption.create_data_key(self._kms.provider, self._kms.master_key, names)
        except EncryptionError as error:
            if not isinstance(error.cause, DuplicateKeyError):
                raise

    def _renewed(self, known: DataKey) -> DataKey:
        try:
            with pymongo.timeout(GLANCE_S):
                newest = self.keys.newest()
                return known if newest == known else self._opened(newest)
        except PyMongoError as error:
            _log.warning("going on with data key %d: %r", known.generation, error)
            self._looked = time.monotonic() + AWAY_S - TAKEN_UP_S
            return known

    def _opened(self, key: DataKey | None) -> DataKey:
        """The key, once it has sealed something: from then on it is kept in this process."""
        if key is None:
            raise Misconfigured("There is no data key; a service that seals makes the first one")
        self._sealed({}, key)
        return key

    def _sealed(self, fields: Mapping[str, str], key: DataKey) -> bytes:
        return bytes(self._encryption.encrypt(dict(fields), ALGORITHM, key_id=key.stored_id))


class Vault(DependencyProvider):
    """Gives workers the sealer."""

    connection = MongoConnection()
    sealer: Sealer

    def start(self) -> None:
        """Open the vault; makes the data key on the very first start."""
        self.sealer = Sealer.of(self.container.config, self.connection.db)
        self.connection.when_there(self.sealer.ensure_key)

    def get_dependency(self, worker_ctx: object) -> Sealer:
        """The sealer."""
        return self.sealer
