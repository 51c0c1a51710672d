"""The tamper-evident ledger, once: its key, and the audit that every service writes through it."""

from services.adapters.ledger.audited import Audited
from services.adapters.ledger.chain import AUDIT, AUDIT_INDEXES, ENDS, AuditChain
from services.adapters.ledger.key import KEY_FILE, LedgerKey, ledger_key
from services.adapters.ledger.record import Record
from services.adapters.ledger.trail import Trail

__all__ = [
    "AUDIT",
    "AUDIT_INDEXES",
    "ENDS",
    "KEY_FILE",
    "AuditChain",
    "Audited",
    "LedgerKey",
    "Record",
    "Trail",
    "ledger_key",
]
