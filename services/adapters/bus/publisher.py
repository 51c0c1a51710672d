"""Publishing that means it: confirmed, routed, persistent, many messages in flight.

One channel in confirm mode. A timeout or an error closes the connection and fails every waiter:
after a timeout nobody can say whom the next answer belongs to.
"""

from __future__ import annotations

import time
from contextlib import suppress
from logging import getLogger
from typing import Any

import amqp
import eventlet
from eventlet.semaphore import Semaphore
from nameko.extensions import DependencyProvider, SharedExtension

from services.adapters.bus.confirms import Confirms, Waiter
from services.adapters.bus.connection import HEARTBEAT_S, connect, drain
from services.adapters.bus.outgoing import Outgoing
from services.adapters.bus.together import Together
from services.adapters.settings import server_uri
from services.adapters.trust import ca_file
from services.contracts.message import Message
from services.errors import Unavailable

CONFIRM_TIMEOUT_S = 10
_log = getLogger(__name__)


class ConfirmedChannel:
    """One open channel in confirm mode, drained by its own greenlet until it fails."""

    def __init__(self, uri: str, ca_file: str | None = None) -> None:
        self._connection = connect(uri, ca_file)
        self._channel = self._connection.default_channel
        self._channel.confirm_select()
        self._writing = Semaphore()
        self._confirms = Confirms()
        self.open = True
        self._listen()
        self._draining = eventlet.spawn(self._drain)

    def _listen(self) -> None:
        events = self._channel.events
        events["basic_ack"].add(self._confirms.acked)
        events["basic_nack"].add(self._confirms.nacked)
        events["basic_return"].add(self._returned)

    def _returned(self, error: Any, exchange: str, routing_key: str, message: Any) -> None:
        self._confirms.returned(message.properties["message_id"])

    def send(self, message: Outgoing) -> Waiter:
        """Put the message on the wire; wait on what is returned for the broker's answer."""
        properties = amqp.Message(
            message.body,
            message_id=message.id,
            delivery_mode=2,
            content_type="application/json",
            application_headers=dict(message.headers),
        )
        with self._writing:
            waiter = self._confirms.expect(message.id)
            self._channel.basic_publish(
                properties, message.exchange, message.routing_key, message.mandatory
            )
        return waiter

    def _drain(self) -> None:
        try:
            while self.open:
                drain(self._connection, self._writing)
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing is certain now
            self.close(f"The connection to the broker was lost: {error}")

    def close(self, reason: str) -> None:
        """Never use this channel again; whoever waits learns that nothing is certain.

        Nobody may still be reading when the socket is closed: its number may be given to the next.
        """
        self.open = False
        self._confirms.fail(reason)
        if eventlet.getcurrent() is not self._draining:
            self._draining.kill()
        with suppress(Exception), eventlet.Timeout(1, False):
            self._connection.collect()


class Bus(SharedExtension):
    """The publisher of a service process."""

    def __init__(self) -> None:
        self._channel: ConfirmedChannel | None = None
        self._connecting = Semaphore()
        self._failed_at = float("-inf")
        self._together = Together(self.publish)

    def publish(self, *messages: Outgoing) -> None:
        """Return when the broker holds every message, on disk and in a queue.

        Raises Unavailable when even one was refused, returned or not answered for in time; some
        may have arrived all the same, so the sender must be ready to send them again.
        """
        channel = self._connected()
        try:
            with eventlet.Timeout(CONFIRM_TIMEOUT_S):
                for waiter in [channel.send(message) for message in messages]:
                    waiter.wait()
        except Unavailable:
            raise
        except (Exception, eventlet.Timeout) as error:
            channel.close(f"The broker did not answer in time: {error!r}")
            raise Unavailable("The broker did not confirm in time") from error

    def publish_together(self, message: Message, trace: str) -> None:
        """Publish one message along with those of other workers at this instant."""
        self._together.publish(message, trace)

    def _connected(self) -> ConfirmedChannel:
        """The channel, opened anew if need be: all who wait for that wait for one attempt."""
        asked = time.monotonic()
        with self._connecting:
            if self._channel is None or not self._channel.open:
                if self._failed_at > asked:
                    raise Unavailable("The broker cannot be reached")
                self._channel = self._connect()
        return self._channel

    def _connect(self) -> ConfirmedChannel:
        config = self.container.config
        try:
            with eventlet.Timeout(HEARTBEAT_S):
                return ConfirmedChannel(server_uri(config, "AMQP"), ca_file(config))
        except (Exception, eventlet.Timeout) as error:
            self._failed_at = time.monotonic()
            _log.warning("cannot reach the broker: %r", error)
            raise Unavailable("The broker cannot be reached") from error

    def demand(self) -> None:
        """Raises Unavailable unless there is a connection to the broker, or one can be made."""
        self._connected()

    def stop(self) -> None:
        """Close the connection."""
        if self._channel:
            self._channel.close("The service is stopping")

    def kill(self) -> None:
        """The same without grace."""
        self.stop()


class Publisher(DependencyProvider):
    """Gives workers the bus."""

    bus = Bus()

    def get_dependency(self, worker_ctx: object) -> Bus:
        """The bus; call `publish`."""
        return self.bus
