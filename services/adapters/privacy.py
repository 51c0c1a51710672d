"""Loads `config/privacy.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from nameko.extensions import DependencyProvider
from pydantic import ValidationError

from services.adapters.settings import config_dir, read_yaml
from services.contracts.privacy import Privacy
from services.errors import Misconfigured, wrong_fields

FILE = "privacy.yaml"


@cache
def load_privacy(folder: Path) -> Privacy:
    """The policy in a folder. Raises Misconfigured, naming the file and each wrong field."""
    path = folder / FILE
    try:
        return Privacy.model_validate(read_yaml(path))
    except ValidationError as error:
        raise Misconfigured(f"{path}: {'; '.join(wrong_fields(error))}") from None


class PrivacyPolicy(DependencyProvider):
    """Gives workers the policy."""

    policy: Privacy

    def setup(self) -> None:
        """Read it once; a wrong file stops the service with the remedy."""
        self.policy = load_privacy(config_dir(self.container.config))

    def get_dependency(self, worker_ctx: object) -> Privacy:
        """The policy in force."""
        return self.policy
