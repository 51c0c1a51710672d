"""`haoping openapi`: the document of every address of every service."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from services.adapters.openapi import document_of
from services.console.stack.application import BEHIND

Output = Annotated[Path | None, typer.Option("--output", "-o", help="File; else standard output")]


def document() -> dict[str, Any]:
    """OpenAPI 3.1 of the services behind the pages, each under the tag of its name."""
    modules = ((name, import_module(f"services.{name}.service")) for name in BEHIND)
    return document_of(*(getattr(module, name.capitalize()) for name, module in modules))


def openapi(output: Output = None) -> None:
    """Write the OpenAPI 3.1 document of all services."""
    text = json.dumps(document(), ensure_ascii=False, indent=2)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(f"{text}\n", "utf-8")
