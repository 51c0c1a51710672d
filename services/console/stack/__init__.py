"""The embedded stack: a private broker and database, and the services on top of them.

Everything it keeps lies in one folder, everything it starts carries that folder's stamp,
and everything it started is gone when it ends.
"""

from services.console.stack.failure import StackFailed
from services.console.stack.stack import Stack

__all__ = ["Stack", "StackFailed"]
