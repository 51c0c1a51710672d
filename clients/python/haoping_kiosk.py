"""A kiosk's side of Haoping (好评): a press is on disk before the thanks, and sent until confirmed.

Copy this file; it needs Python 3.11 and httpx. `press` may be called while the network is down and
the process may be killed at any moment: nothing is lost, and what is sent twice is stored once.
Use a Kiosk in one thread only; another thread or process may open its own on the same file.

    kiosk = Kiosk("/var/lib/kiosk/outbox.db", "https://ratings.example.gov.cn")
    kiosk.enrol("ABCD-EFGH-IJKL-MNOP")                       # once, with the administrator's code
    kiosk.press(level=5, channel="tablet", tags=["510"])     # whenever somebody presses a face
    kiosk.flush()                                            # every few seconds, and after errors

A backlog is answered without receipts: whoever pressed has left by then. To show or print one while
the rater stands there, send the press alone to /v1/ratings; it may go again with the backlog.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

NAMESPACE = uuid.UUID("9559eec0-7d72-536d-8f99-7d7852636931")
VERSION = "haoping-kiosk 1"
AT_ONCE = 200
PATIENCE = httpx.Timeout(30, connect=5)
"""Longer than the server waits for its broker: who gives up before it knows sends all again."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (epoch INTEGER, sequence INTEGER, press TEXT, session TEXT,
  ticks REAL, PRIMARY KEY (epoch, sequence));
CREATE TABLE IF NOT EXISTS refused (epoch INTEGER, sequence INTEGER, press TEXT, reason TEXT,
  PRIMARY KEY (epoch, sequence));
CREATE TABLE IF NOT EXISTS self (one INTEGER PRIMARY KEY CHECK (one = 1), device TEXT, key TEXT,
  key_before TEXT, epoch INTEGER, last_sequence INTEGER);
"""
BECOME = """
REPLACE INTO self SELECT 1, :device, :key, NULL, :epoch, coalesce(max(last), 0) FROM (
  SELECT last_sequence AS last FROM self WHERE device = :device AND epoch = :epoch
  UNION SELECT max(sequence) FROM outbox WHERE epoch = :epoch
  UNION SELECT max(sequence) FROM refused WHERE epoch = :epoch);
"""
COLUMNS = ("one", "device", "key", "key_before", "epoch", "last_sequence")
COUNTS = {
    "outbox": "SELECT count(*) FROM outbox WHERE epoch = (SELECT epoch FROM self)",
    "refused": "SELECT count(*) FROM refused WHERE epoch = (SELECT epoch FROM self)",
}
Press = dict[str, Any]
Send = Callable[[list[Press]], Sequence[dict[str, Any]]]


class Kiosk:
    """One device. `clock` may be wrong by years; `ticks` never goes back while the process runs,
    nor stands still while the device sleeps.
    """

    def __init__(
        self,
        path: str,
        url: str,
        http: httpx.Client | None = None,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] | None = None,
    ) -> None:
        self.url, self.http, self.clock = url, http or httpx.Client(timeout=PATIENCE), clock
        self.ticks = ticks or awake_or_asleep
        self.offset, self.session = 0.0, uuid.uuid4().hex
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {SCHEMA}")

    def enrol(self, code: str) -> None:
        """Exchange a one-time code for a key and a new epoch; the outbox stays as it is.

        A server that was put back from a copy may give an epoch again: its count goes on.
        """
        answer = self.http.post(f"{self.url}/v1/devices:enrol", json={"code": code})
        self.db.execute(BECOME, answer.raise_for_status().json())

    def rotate(self) -> None:
        """Ask for the next key. Both sign from now on, so that a lost answer costs nothing."""
        key = self.call("POST", "/v1/devices/me:rotate", {"purpose": "rotate"})["key"]
        self.db.execute("UPDATE self SET key_before = key, key = ?", (key,))

    def press(self, level: int, channel: str, **fields: Any) -> str:
        """Keep a press and return its rating id; only then may the screen say thank you."""
        with self.db:
            self.db.execute("BEGIN IMMEDIATE")
            self.db.execute("UPDATE self SET last_sequence = last_sequence + 1")
            device, epoch, sequence = self.me("device, epoch, last_sequence")
            rating_id = str(uuid.uuid5(NAMESPACE, f"{device}:{epoch}:{sequence}"))
            counted = {"rating_id": rating_id, "epoch": epoch, "sequence": sequence}
            press = {**fields, **counted, "level": level, "channel": channel}
            press["pressed_at"] = datetime.fromtimestamp(self.clock(), UTC).isoformat()
            row = (epoch, sequence, json.dumps(press), self.session, self.ticks())
            self.db.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?)", row)
        return rating_id

    def me(self, columns: str) -> Any:
        """What is known about this device. Raises RuntimeError before it has been enrolled."""
        row = self.db.execute("SELECT * FROM self").fetchone()
        if row is None:
            raise RuntimeError("This kiosk has no key yet: enrol it with an administrator's code")
        known = dict(zip(COLUMNS, row, strict=True))
        return [known[name] for name in columns.split(", ")]

    def flush(self, send: Send | None = None) -> int:
        """Send the outbox, oldest first, until it is empty; returns how many were confirmed.

        What was answered `accepted` leaves the outbox, what was refused for good moves to `refused`
        with the reason; what has no such answer stays. Raises httpx.HTTPError or ValueError while
        it cannot be sent: call again later.
        """
        confirmed, settled = 0, True
        while settled and (batch := self.waiting()):
            settled = False
            results = (send or self.post)([self._stamped(*row[2:]) for row in batch])
            with self.db:
                self.db.execute("BEGIN IMMEDIATE")
                for row, result in zip(batch, results, strict=True):
                    settled |= self._settle(row, result)
            confirmed += sum(result["status"] == "accepted" for result in results)
        return confirmed

    def waiting(self) -> list[Any]:
        """The oldest rows of the outbox."""
        query = "SELECT * FROM outbox ORDER BY epoch, sequence LIMIT ?"
        return self.db.execute(query, (AT_ONCE,)).fetchall()

    def _stamped(self, press: str, session: str, ticks: float) -> Press:
        """The press with the time of sending by the clock of the press, which may have been wrong.

        Within one run of the process that is exact, whatever the clock did since; after a restart
        it is the best that can be known, and never before the press.
        """
        form: Press = json.loads(press)
        pressed = datetime.fromisoformat(form["pressed_at"]).timestamp()
        alive = session == self.session
        sent = pressed + self.ticks() - ticks if alive else max(self.clock(), pressed)
        return {**form, "sent_at": datetime.fromtimestamp(sent, UTC).isoformat()}

    def _settle(self, row: Any, result: dict[str, Any]) -> bool:
        if result["status"] not in ("accepted", "refused"):
            return False
        epoch, sequence, press = row[:3]
        if result["status"] == "refused":
            kept = (epoch, sequence, press, json.dumps(result, ensure_ascii=False))
            self.db.execute("REPLACE INTO refused VALUES (?, ?, ?, ?)", kept)
        self.db.execute("DELETE FROM outbox WHERE epoch = ? AND sequence = ?", (epoch, sequence))
        return True

    def post(self, batch: list[Press]) -> Sequence[dict[str, Any]]:
        """Send a batch over HTTP; one result for each press."""
        results: list[dict[str, Any]] = self.call("POST", "/v1/ratings:batch", batch)["results"]
        return results

    def heartbeat(self) -> None:
        """Say how many presses there are and how many of them still wait here."""
        epoch, last = self.me("epoch, last_sequence")
        told = {"epoch": epoch, "last_sequence": last, "version": VERSION}
        counted = {"outbox_depth": self.count("outbox"), "refused": self.count("refused")}
        self.call("POST", "/v1/devices/me/heartbeat", told | counted)

    def count(self, table: str) -> int:
        """How many presses of the present epoch are in `outbox`, or in `refused`."""
        return int(self.db.execute(COUNTS[table]).fetchone()[0])

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A signed request; if our clock is wrong, the answer tells the time and we sign again."""
        content = b"" if body is None else written(body)
        for _ in range(2):
            signed = {"content-type": "application/json", **self.signature(content)}
            answer = self.http.request(method, self.url + path, content=content, headers=signed)
            if answer.status_code != httpx.codes.UNAUTHORIZED or '"now"' not in answer.text:
                break
            self.offset = datetime.fromisoformat(answer.json()["now"]).timestamp() - self.clock()
        return answer.raise_for_status().json()

    def signature(self, content: bytes) -> dict[str, str]:
        """The headers by which the server knows us: Standard Webhooks, and our name."""
        device, *keys = self.me("device, key, key_before")
        id, timestamp = uuid.uuid4().hex, str(int(self.clock() + self.offset))
        text, signatures = f"{id}.{timestamp}.".encode() + content, []
        for key in filter(None, keys):
            digest = hmac.new(base64.b64decode(key), text, hashlib.sha256).digest()
            signatures.append(f"v1,{base64.b64encode(digest).decode()}")
        said = {"webhook-id": id, "webhook-timestamp": timestamp, "haoping-device": device}
        return {**said, "webhook-signature": " ".join(signatures)}


def written(body: Any) -> bytes:
    """JSON in UTF-8; half a character, which scripts leave that cut words, becomes '?'."""
    return json.dumps(body, ensure_ascii=False).encode(errors="replace")


def awake_or_asleep() -> float:
    """Seconds since the device started, those of its sleep included where the system counts them.

    Python's monotonic clock stands still on Linux meanwhile: a press of before would be moved.
    """
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)
