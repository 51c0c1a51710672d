"""What is too quiet, as the watch of the store tells it, and how it is tried or looked at."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import httpx

from services.adapters.trust import trusting
from services.console.findings import HAOPING, Finding, Verdict, log_of
from services.console.stack.layout import Layout
from services.console.stack.ports import LOOPBACK

WATCH_S = 30
NO_ALARM = frozenset({"no_ratings", "channel_unused"})
SELFTEST = f"{HAOPING} selftest --token TOKEN_OF_A_SYSTEM --window WINDOW"
COUNTED = 'curl -s -H "Authorization: Bearer $(cat {token})" {store}/v1/devices/{device}/sequences'
KEPT_THERE = "sqlite3 OUTBOX_OF_THE_DEVICE 'SELECT sequence, reason FROM refused'"
FIXES: Mapping[str, tuple[str, ...]] = {
    "no_ratings": (SELFTEST,),
    "channel_unused": (f"{SELFTEST} --channel {{subject}}",),
    "channel_still": (f"{SELFTEST} --channel {{subject}}",),
    "never_bad": (f"{SELFTEST} --channel {{subject}}",),
    "device_silent": (COUNTED,),
    "outbox_growing": (COUNTED,),
    "presses_refused": (KEPT_THERE, COUNTED),
}
"""By kind of finding: the way is tried, or what the device counted is held against what is here."""


def too_quiet(layout: Layout, port: int | None) -> list[Finding]:
    """What the watch has found, asked with the administrator's token of the stack."""
    token = layout.secrets / "admin.token"
    if port is None or not token.exists():
        return []
    store = f"http://{LOOPBACK}:{port}"
    try:
        headers = {"Authorization": f"Bearer {token.read_text()}"}
        options: dict[str, Any] = {"timeout": WATCH_S, "trust_env": False, "verify": trusting()}
        answer = httpx.get(f"{store}/v1/watch", headers=headers, **options)
        return watched(answer.raise_for_status().json(), store, shlex.quote(str(token)))
    except httpx.HTTPError as error:
        log = layout.log("store")
        words = f"cannot be asked ({error}); look at {log}"
        return [Finding(Verdict.WRONG, "Watch", words, (log_of(log),))]


def watched(told: Mapping[str, Any], store: str, token: str) -> list[Finding]:
    """A line for each thing that is too quiet; what is not in use, or not yet, is no alarm.

    `store` is its address and `token` the administrator's file, for the commands.
    """
    if not told["findings"]:
        channels = sum(each["ratings"] > 0 for each in told["channels"])
        heard = f"{told['devices_heard']} of {told['devices_expected']} devices"
        return [Finding(Verdict.GOOD, "Watch", f"{channels} channels move; {heard} were heard")]
    return [_finding(each, {"store": store, "token": token}) for each in told["findings"]]


def _finding(each: Mapping[str, Any], where: Mapping[str, str]) -> Finding:
    verdict = Verdict.NOTE if each["kind"] in NO_ALARM else Verdict.WRONG
    about = {**where, "subject": each["subject"], "device": each["subject"]}
    fix = tuple(command.format(**about) for command in FIXES[each["kind"]])
    words = f"{each['detail']}; {each['do']}"
    return Finding(verdict, f"Watch: {each['subject']}", words, fix)
