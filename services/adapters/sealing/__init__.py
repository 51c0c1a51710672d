"""Sealing: the rater's personal fields and other secrets, as ciphertext from the edge on."""

from services.adapters.sealing.datakeys import DataKey
from services.adapters.sealing.kms import MASTER_KEY_BYTES, Kms, kms_of, local
from services.adapters.sealing.resealing import Progress, Resealing
from services.adapters.sealing.sealer import TAKEN_UP_S, Sealer, Vault

__all__ = [
    "MASTER_KEY_BYTES",
    "TAKEN_UP_S",
    "DataKey",
    "Kms",
    "Progress",
    "Resealing",
    "Sealer",
    "Vault",
    "kms_of",
    "local",
]
