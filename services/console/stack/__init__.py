"""The embedded stack: a private broker and database, and the services on top of them.

Everything it keeps lies in one folder, everything it starts carries that folder's stamp,
and everything it started is gone when it ends. It is loaded when it is asked for: a command that
only wants to know where the folder is does not wait a second for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from services.console.stack.failure import StackFailed

if TYPE_CHECKING:
    from services.console.stack.stack import Stack

__all__ = ["Stack", "StackFailed"]


def __getattr__(name: str) -> object:
    if name != "Stack":
        raise AttributeError(name)
    return import_module("services.console.stack.stack").Stack
