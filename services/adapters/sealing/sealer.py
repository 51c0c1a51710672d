"""Seals the rater's personal fields with pymongo's explicit encryption before they are published.

The data key lives in the database, wrapped by a master key that does not (local KMS: a file).
"""

from __future__ import annotations

from collections.abc import Mapping

from bson.binary import Binary
from bson.codec_options import CodecOptions
from nameko.extensions import DependencyProvider
from pymongo.encryption import ClientEncryption
from pymongo.errors import DuplicateKeyError, EncryptionError

from services.adapters.mongo import Db, Document, MongoConnection
from services.adapters.settings import secret_bytes

KEYS = "data_keys"
KEY_NAME = "rater"
ALGORITHM = "AEAD_AES_256_CBC_HMAC_SHA_512-Random"
CIPHERTEXT = 6
MASTER_KEY_BYTES = 96
FOR_EVER = 0
"""A data key never changes; once opened it is kept, so that the edge outlives the database."""


class Sealer:
    """Turns personal fields into one ciphertext and back."""

    def __init__(self, db: Db, master_key: bytes) -> None:
        self._keys = db[KEYS]
        providers = {"local": {"key": master_key}}
        options: CodecOptions[Document] = CodecOptions()
        self._encryption: ClientEncryption[Document] = ClientEncryption(
            providers, f"{db.name}.{KEYS}", db.client, options, key_expiration_ms=FOR_EVER
        )

    def ensure_key(self) -> None:
        """Make the data key unless some other process already has."""
        self._keys.create_index("keyAltNames", unique=True, sparse=True)
        if self._encryption.get_key_by_alt_name(KEY_NAME) is None:
            try:
                self._encryption.create_data_key("local", key_alt_names=[KEY_NAME])
            except EncryptionError as error:
                if not isinstance(error.cause, DuplicateKeyError):
                    raise

    def seal(self, fields: Mapping[str, str]) -> bytes:
        """One ciphertext for all `fields`."""
        return bytes(self._encryption.encrypt(dict(fields), ALGORITHM, key_alt_name=KEY_NAME))

    def open(self, sealed: bytes) -> dict[str, str]:
        """The fields again. Only for those whose role, case and reason allow it."""
        return dict(self._encryption.decrypt(Binary(sealed, CIPHERTEXT)))


class Vault(DependencyProvider):
    """Gives workers the sealer."""

    connection = MongoConnection()
    sealer: Sealer

    def start(self) -> None:
        """Open the vault; makes the data key on the very first start."""
        master_key = secret_bytes(
            self.container.config, "HAOPING_MASTER_KEY_FILE", MASTER_KEY_BYTES
        )
        self.sealer = Sealer(self.connection.db, master_key)
        self.sealer.ensure_key()

    def get_dependency(self, worker_ctx: object) -> Sealer:
        """The sealer."""
        return self.sealer
