"""Asking the API for a person at a terminal: an answer, or one sentence on what to do."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import httpx
import typer

from services.adapters.trust import context
from services.console.stack.layout import Layout
from services.console.stack.ports import LOOPBACK
from services.errors import Invalid, Unavailable

TIMEOUT_S = 120
REGISTRY = "registry"
Token = Annotated[str, typer.Option(envvar="HAOPING_TOKEN", help="Your token")]
RegistryUrl = Annotated[
    str | None,
    typer.Option(envvar="HAOPING_REGISTRY_URL", help="Address of registry; else the stack's here"),
]


class NotAnswered(Unavailable):
    """The service did not answer; `haoping doctor` tells what is running."""


def at(service: str, url: str | None) -> str:
    """The address that was given, or that of a service of the stack that runs in this folder."""
    if url:
        return url
    try:
        ports = json.loads(Layout.of(None).record.read_text())["ports"]
    except FileNotFoundError:
        raise NotAnswered(
            f"No stack runs here: name the address of {service} with --url, or HAOPING_STATE"
        ) from None
    return f"http://{LOOPBACK}:{ports[service]}"


def ask(
    method: str, url: str, token: str, path: str, type: str | None = None, **options: Any
) -> httpx.Response:
    """What the API answers; `type` says what the content is.

    Over HTTPS the machine's authorities are trusted, and that of HAOPING_CA_FILE. Raises
    NotAnswered with the detail of a problem.
    """
    headers = {**_signed(token), **({"Content-Type": type} if type else {})}
    options |= {"timeout": TIMEOUT_S, "verify": context(os.environ)}
    with _answering(url):
        response = httpx.request(method, url + path, headers=headers, **options)
    if response.is_error:
        raise NotAnswered(said(response))
    return response


@contextmanager
def streamed(
    url: str, token: str, path: str, silent_s: float, params: Mapping[str, str]
) -> Iterator[httpx.Response]:
    """An answer as it comes, for one that has no end that could be told; only silence is bounded.

    Raises NotAnswered as `ask` does.
    """
    options: Any = {"params": params, "timeout": silent_s, "verify": context(os.environ)}
    with (
        _answering(url),
        httpx.stream("GET", url + path, headers=_signed(token), **options) as response,
    ):
        if response.is_error:
            response.read()
            raise NotAnswered(said(response))
        yield response


def _signed(token: str) -> dict[str, str]:
    if not (token.isascii() and token.isprintable()):
        raise Invalid("This is no token: one has letters, digits, - and _ only, on one line")
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def _answering(url: str) -> Iterator[None]:
    try:
        yield
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise NotAnswered(f"{url} does not answer ({error}); see `haoping doctor`") from None


def said(response: httpx.Response) -> str:
    """What a refusal says, with what is wrong field by field, or check by check."""
    try:
        problem = response.json()
    except ValueError:
        return f"{response.url} answered {response.status_code}"
    wrong = [f"{each['pointer']}: {each['detail']}" for each in problem.get("errors", ())]
    wrong += [
        f"{each['name']}: {each['found']}; {each['do']}" for each in problem.get("checks", ())
    ]
    return "; ".join([str(problem.get("detail") or problem.get("title")), *wrong])
