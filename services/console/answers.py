"""Whether the services of the stack in a folder can do their work, as they say themselves."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from services.adapters.trust import trusting
from services.console.findings import HAOPING, Finding, Verdict, log_of
from services.console.quiet import too_quiet
from services.console.stack.layout import Layout
from services.console.stack.waiting import NOT_YET

ANSWER_S = 5
"""Time enough for a service to look at its servers as well."""


def answers(layout: Layout) -> list[Finding]:
    """A line for each service that runs, and what the watch of the store has found."""
    try:
        record = json.loads(layout.record.read_text())
    except FileNotFoundError:
        words, again = "starting or stopping just now; ask again", f"{HAOPING} doctor"
        return [Finding(Verdict.NOTE, "Services", words, (again,))]
    found = [
        service(name, url, record["authority"], layout.log(name))
        for name, url in record["services"].items()
    ]
    return [*found, *too_quiet(layout, record["ports"].get("store"))]


def service(name: str, url: str, authority: str | None, log: Path) -> Finding:
    """Whether it answers and can work; what hinders it is said in its own words."""
    try:
        hindrances = _hindrances(url, authority)
    except NOT_YET as error:
        words = f"does not answer ({error or type(error).__name__}); look at its log, {log}"
        return Finding(Verdict.WRONG, name, words, (log_of(log),))
    if hindrances:
        words = f"cannot do its work: {'; '.join(hindrances)}"
        return Finding(Verdict.WRONG, name, words, (log_of(log),))
    return Finding(Verdict.GOOD, name, f"answers on {url}")


def _hindrances(url: str, authority: str | None) -> list[str]:
    trusted = trusting(authority)
    answer = httpx.get(f"{url}/readyz", timeout=ANSWER_S, trust_env=False, verify=trusted)
    if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
        answer.raise_for_status()
        return []
    told = answer.json()
    return list(told.get("reasons") or [told["detail"]])
