"""The configuration given to supervisord, read by supervisord's own reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from supervisor.options import ServerOptions

from services.console.stack.application import program
from services.console.stack.layout import Layout
from services.console.stack.program import Program
from services.console.stack.supervisor import render


def read(state: Path, programs: list[Program]) -> Any:
    """What supervisord makes of it."""
    layout = Layout.of(state)
    layout.prepare()
    layout.configuration.write_text(render(layout, programs))
    options = ServerOptions()
    options.environ_expansions = {
        "ENV_HAOPING_PYTHON": "/a folder/python",
        "ENV_HAOPING_CONFIG_DIR": "/a folder/config",
    }
    options.realize(["-c", str(layout.configuration)])
    return options


def test_groups_stop_in_the_reverse_order_of_their_start(tmp_path: Path) -> None:
    server = Program("rabbitmq", "rabbitmq-server", "servers", at_home=True)
    options = read(tmp_path, [server, program("capture", 20_001), program("store", 20_002)])
    groups = sorted(options.process_group_configs, key=lambda group: group.priority)
    assert [group.name for group in groups] == ["servers", "services"]
    assert {p.name for p in groups[1].process_configs} == {"capture", "store"}


def test_a_service_is_run_by_nameko_on_its_own_port_whatever_the_folders_are_called(
    tmp_path: Path,
) -> None:
    state = tmp_path / "a # name; or 'two'"
    options = read(state, [program("capture", 20_001, amqp_uri="amqp://capture:x@host/")])
    [service] = options.process_group_configs[0].process_configs
    assert service.command == (
        '"/a folder/python" -m nameko run --config "/a folder/config/services.yaml" '
        "services.capture.service:Capture"
    )
    assert service.environment == {
        "WEB_SERVER_ADDRESS": "127.0.0.1:20001",
        "AMQP_URI": "amqp://capture:x@host/",
    }
    assert service.stdout_logfile == str(state / "logs" / "capture.log")


def test_what_dies_is_started_again_and_nothing_is_started_unasked(tmp_path: Path) -> None:
    [service] = read(tmp_path, [program("store", 20_002)]).process_group_configs[0].process_configs
    assert service.autorestart is not False
    assert service.autostart is False
