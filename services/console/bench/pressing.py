"""A sender of presses over raw HTTP, light enough not to be what is measured.

Runs as a process of its own: `python -m services.console.bench.pressing`, told by its environment,
and prints one JSON object: presses confirmed a second and the latencies of the requests.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from services.console.bench.load import presses
from services.console.bench.stopwatch import quantile

FIELDS = {"rating_id", "level", "channel", "window", "tags", "pressed_at"}
CONTACT = {
    "name": "张三",
    "phone": "13800000000",
    "comment": "窗口的同志很耐心，材料一次讲清楚，下次还来这里办，谢谢" * 2,
}


@dataclass
class Sender:
    """Where to send, how, and what came of it."""

    host: str
    port: int
    path: str
    token: str
    pace_s: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    async def run(self, bodies: Sequence[bytes], connections: int) -> float:
        """Send each body once over so many connections; seconds that it took."""
        waiting, started = iter(bodies), time.monotonic()
        await asyncio.gather(*(self._connection(waiting) for _ in range(connections)))
        return time.monotonic() - started

    async def _connection(self, bodies: Iterator[bytes]) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        for body in bodies:
            started = time.monotonic()
            writer.write(self._head(len(body)) + body)
            accepted = await _accepted(reader)
            self.failures += not accepted
            self.latencies.append(time.monotonic() - started)
            await asyncio.sleep(max(0.0, self.pace_s - (time.monotonic() - started)))
        writer.close()

    def _head(self, length: int) -> bytes:
        return (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {self.token}"
            f"\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode()


async def _accepted(reader: asyncio.StreamReader) -> bool:
    status = await reader.readline()
    length = 0
    while (line := await reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    await reader.readexactly(length)
    return b" 202 " in status


def forms(number: int, seed: int, parts: int = 1) -> list[dict[str, object]]:
    """Presses as an integrator sends them; 30 % with contact and words."""
    made = []
    for each in presses(number, seed, parts):
        form = each.model_dump(mode="json", include=FIELDS) | {"rating_id": str(uuid.uuid4())}
        made.append(form | CONTACT if each.named else form)
    return made


def main() -> None:
    """Send what the environment asks for."""
    told, address = os.environ, urlsplit(os.environ["PRESS_URL"])
    pack = int(told.get("PRESS_PACK", "1"))
    seed, parts = int(told.get("PRESS_SEED", "1")), int(told.get("PRESS_PARTS", "1"))
    made = forms(int(told["PRESS_COUNT"]), seed, parts)
    packs = [made[at : at + pack] for at in range(0, len(made), pack)]
    bodies = [json.dumps(each if pack > 1 else each[0]).encode() for each in packs]
    pace = float(told.get("PRESS_PACE_S", "0"))
    sender = Sender(
        str(address.hostname), int(address.port or 80), address.path, told["PRESS_TOKEN"], pace
    )
    seconds = asyncio.run(sender.run(bodies, int(told["PRESS_CONNECTIONS"])))
    found = {
        "per_second": len(made) / seconds,
        "failures": sender.failures,
        "p50_s": quantile(sender.latencies, 0.5),
        "p99_s": quantile(sender.latencies, 0.99),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
