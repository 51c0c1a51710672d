"""A port of one's own: eventlet would share it with whoever listens there as well (SO_REUSEPORT).

The kernel deals connections out among all who share a port, so every other press would end up at
a process that was left over, or at somebody else's.
"""

from __future__ import annotations

import errno
import socket

import eventlet

from services.errors import Misconfigured


def listen_alone(address: tuple[str, int]) -> socket.socket:
    """A listening socket. Raises Misconfigured if another process listens on this address."""
    try:
        listening: socket.socket = eventlet.listen(address, reuse_port=False)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        host, port = address
        said = f"another process listens on {host}:{port}; end it, or change WEB_SERVER_ADDRESS"
        raise Misconfigured(said) from error
    listening.settimeout(None)  # a default timeout of sockets is for clients: celery/kombu#838
    return listening
