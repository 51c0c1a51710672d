"""Where a stack keeps its things."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.console.stack import StackFailed
from services.console.stack.layout import LONGEST_SOCKET_PATH, PROJECT, Layout


def test_state_lies_beside_the_project_unless_the_environment_names_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HAOPING_STATE", raising=False)
    assert Layout.of().state == PROJECT / ".haoping"
    monkeypatch.setenv("HAOPING_STATE", str(tmp_path / "elsewhere"))
    assert Layout.of().state == tmp_path / "elsewhere"


def test_a_folder_is_the_same_by_whatever_path_it_is_reached(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert Layout.of(tmp_path / "link" / "state") == Layout.of(tmp_path / "state")


def test_folders_are_closed_to_others(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path / "state")
    layout.prepare()
    folders = [layout.state, *layout.state.iterdir()]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def test_the_socket_moves_when_its_path_would_be_too_long_for_the_kernel(tmp_path: Path) -> None:
    short = Layout.of(Path("/srv/state"))
    deep = Layout.of(tmp_path / ("d" * 100))
    assert short.socket.parent == short.state
    assert deep.socket != Layout.of(tmp_path / ("e" * 100)).socket
    assert len(str(deep.socket)) <= LONGEST_SOCKET_PATH


def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StackFailed, match="HAOPING_STATE"):
        Layout.of(tmp_path / "file" / "state").prepare()


def test_a_percent_sign_which_supervisord_would_expand_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackFailed, match="percent"):
        Layout.of(tmp_path / "50%").prepare()
