"""The tamper-evident ledger, once: its key, and the audit that every service writes through it."""

from services.adapters.ledger.audited import Audited
from services.adapters.ledger.chain import AUDIT, AUDIT_INDEXES, ENDS, AuditChain
from services.adapters.ledger.key import LEDGER_KEY_BYTES, LedgerKey
from services.adapters.ledger.record import Record
from services.adapters.ledger.trail import Trail

__all__ = [
    "AUDIT",
    "AUDIT_INDEXES",
    "ENDS",
    "LEDGER_KEY_BYTES",
    "AuditChain",
    "Audited",
    "LedgerKey",
    "Record",
    "Trail",
]
