"""The few rules that the story itself needs, read without starting a service."""

from __future__ import annotations

import yaml

from services.console.stack.layout import PROJECT
from services.contracts.rules import Levels, Tag

PLACE = "weiyuan"
FOLDER = PROJECT / "config" / "rules"


def tags() -> dict[str, Tag]:
    """The tag dictionary."""
    content = yaml.safe_load((FOLDER / "tags.yaml").read_text("utf-8"))
    return {code: Tag.model_validate(tag) for code, tag in content.items()}


def levels_in_force() -> Levels:
    """Points by level."""
    content = yaml.safe_load((FOLDER / f"{PLACE}.yaml").read_text("utf-8"))
    return Levels.model_validate(content["levels"])
