"""A county to try with: its registry, and a token for everybody in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from services.adapters.trust import trusting
from services.console.demo.county import build
from services.console.stack import Stack, whole
from services.console.stack.failure import StackFailed

SHOWN = (
    ("dispatcher", "派单"),
    ("officer-{first}", "整改经办"),
    ("approver-{first}", "审批"),
    ("auditor", "申诉审核"),
    ("caller", "回访"),
    ("supervisor", "督办"),
    ("scorer", "考核"),
    ("clerk-{first}-1", "窗口人员"),
)
"""Who a visitor may sign in as, in the order in which a case passes through their hands."""


def people_file(stack: Stack) -> Path:
    """Where the tokens of the sample's people are kept, readable by their owner only."""
    return stack.layout.secrets / "people.json"


def settle(stack: Stack) -> dict[str, str]:
    """The tokens of a sample county by person; it is put in force if the registry is empty.

    Raises StackFailed when there is a registry already that is none of ours.
    """
    kept, registry = people_file(stack), f"{stack.url('registry')}/v1/registry"
    headers = {"Authorization": f"Bearer {stack.admin_token}"}
    version = _asked("GET", registry, headers)["version"]
    if version and kept.exists():
        tokens: dict[str, str] = json.loads(kept.read_text("utf-8"))
        return tokens
    if version:
        raise StackFailed("There is a registry in this folder already; start without --sample")
    county = build()
    _asked("PUT", registry, headers, county.directory.model_dump(mode="json"))
    whole.write(kept, json.dumps(county.tokens).encode())
    return county.tokens


def sign_ins(tokens: dict[str, str]) -> list[tuple[str, str]]:
    """What each of them does, and the token with which one signs in as them."""
    first = min(name.removeprefix("officer-") for name in tokens if name.startswith("officer-"))
    named = ((words, name.format(first=first)) for name, words in SHOWN)
    return [(words, tokens[name]) for words, name in named if name in tokens]


def _asked(method: str, url: str, headers: dict[str, str], body: object = None) -> dict[str, int]:
    options: dict[str, Any] = {"timeout": 30, "trust_env": False, "verify": trusting()}
    answer = httpx.request(method, url, headers=headers, json=body, **options)
    answer.raise_for_status()
    said: dict[str, int] = answer.json()
    return said
