"""A trial as `haoping up --sample` makes one, on the broker and database of the session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nameko.containers import ServiceContainer

from services.adapters.settings import token_hash
from services.capture.service import Capture
from services.console.demo.county import build
from services.console.stack import Stack
from services.console.stack.layout import Layout
from services.console.stack.ports import claim
from services.portal.service import Portal
from services.rectify.service import Rectify
from services.registry.service import Registry
from services.score.service import Score
from services.store.service import Store
from tests.integration.bus import in_the_county

SERVICES = (Capture, Store, Rectify, Score, Registry, Portal)


@contextmanager
def trial(stack: Stack, folder: Path) -> Iterator[Path]:
    """Run it for the length of a `with`; `folder` becomes its state folder."""
    county, ports = build(), claim([each.name for each in SERVICES], {})
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    over = {
        "HAOPING_ADMIN_TOKEN_HASH": token_hash(stack.admin_token),
        "HAOPING_PUBLIC_URL": urls[Portal.name],
        "HAOPING_WEBHOOK_NETWORKS": "127.0.0.0/8",
    }
    directory = county.directory.model_copy(update={"version": 1})
    with in_the_county(stack, directory, **over) as config:
        running = [ServiceContainer(each, _at(config, urls, ports[each.name])) for each in SERVICES]
        try:
            for each in running:
                each.start()
            _furnish(folder, stack, urls, ports, county.tokens)
            yield folder
        finally:
            for each in running:
                each.kill()


def _at(config: dict[str, Any], urls: dict[str, str], port: int) -> dict[str, Any]:
    """The settings of a service on this port that finds the others."""
    return {**config, "HAOPING_SERVICES": urls, "WEB_SERVER_ADDRESS": f"127.0.0.1:{port}"}


def _furnish(
    folder: Path, stack: Stack, urls: dict[str, str], ports: dict[str, int], tokens: dict[str, str]
) -> None:
    """The session's own folder, but for what it tells of services and people."""
    layout, there = Layout.of(folder), stack.layout
    for each in there.state.iterdir():
        if each not in (there.record, there.secrets):
            (folder / each.name).symlink_to(each)
    layout.secrets.mkdir()
    (layout.secrets / stack.admin_token_file.name).write_text(stack.admin_token)
    (layout.secrets / "people.json").write_text(json.dumps(tokens))
    record = json.loads(there.record.read_text())
    known = {"services": urls, "ports": {**record["ports"], **ports}}
    layout.record.write_text(json.dumps(record | known))
