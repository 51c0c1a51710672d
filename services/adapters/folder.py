"""A folder of configuration, read once when a service starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nameko.extensions import DependencyProvider

from services.adapters.settings import config_dir


class Folder(DependencyProvider):
    """Gives workers what `read` makes of a folder of the configuration.

    A wrong file stops the service: `read` raises Misconfigured with the remedy.
    """

    content: Any

    def __init__(self, name: str, read: Callable[[Path], Any]) -> None:
        self.name, self.read = name, read

    def setup(self) -> None:
        """Read the folder."""
        self.content = self.read(config_dir(self.container.config) / self.name)

    def get_dependency(self, worker_ctx: object) -> Any:
        """What was read."""
        return self.content
