"""OpenAPI 3.1 of services: made from what their HTTP entrypoints declare, so it cannot drift."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from services.adapters.http.bodies import NDJSON
from services.adapters.http.entrypoint import ApiEntrypoint
from services.adapters.http.problems import JSON, PROBLEM
from services.contracts.actor import MAY, Action, Role
from services.contracts.signing import DEVICE, ID, SIGNATURE, TIMESTAMP

Json = dict[str, Any]
TEMPLATE = "#/components/schemas/{model}"
CONVERTED = re.compile(r"<(?:\w+:)?(\w+)>")
HEADERS = {
    DEVICE: "The device's id in the registry",
    ID: "New with each request: letters, digits, _ and -",
    TIMESTAMP: "The second of signing since 1970; 401 tells the time if it is not of now",
    SIGNATURE: "`v1,` and base64 of HMAC-SHA256 with the device's key over id.timestamp.body; "
    "further ones after a space while two keys are valid (Standard Webhooks 1.0.0)",
}
"""What a device signs a request with: all four, and no Authorization beside them."""
BEARER: Json = {"type": "http", "scheme": "bearer", "description": "A token or a session"}
SECURITY: Json = {
    "bearer": BEARER,
    **{
        name: {"type": "apiKey", "in": "header", "name": name, "description": words}
        for name, words in HEADERS.items()
    },
}
BY_TOKEN: list[Json] = [{"bearer": []}]
BY_DEVICE: list[Json] = [{name: [] for name in HEADERS}]
REFUSALS = {400: "Malformed", 401: "NotAuthenticated", 403: "NotAllowed", 404: "NotFound"}
REFUSALS |= {409: "Conflict", 410: "Gone", 413: "TooLarge", 415: "WrongMediaType", 422: "Invalid"}
REFUSALS |= {429: "TooMany", 503: "Unavailable"}


class FieldError(BaseModel):
    """A field that is wrong: where (a JSON pointer) and why."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """An RFC 9457 problem; `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None


@dataclass(frozen=True)
class Operation:
    """An HTTP entrypoint of a service, with the name and the words of its method."""

    service: str
    name: str
    words: str
    entrypoint: ApiEntrypoint

    @property
    def path(self) -> str:
        """The address, its parts in braces."""
        return CONVERTED.sub(r"{\1}", self.entrypoint.url)

    @property
    def answers(self) -> Mapping[int, Any]:
        """What is answered by status."""
        answers = self.entrypoint.answers
        return answers if isinstance(answers, dict) else {200: answers}

    def types(self) -> Iterator[tuple[Any, JsonSchemaMode]]:
        """Every type of a body, and whether it is read or written."""
        if self.entrypoint.takes is not None:
            yield self.entrypoint.takes, "validation"
        for answer in self.answers.values():
            if answer is not None and not isinstance(answer, str):
                yield answer, "serialization"


def operations(services: Mapping[str, type]) -> Iterator[Operation]:
    """Every HTTP entrypoint, in the order of the addresses."""
    found = [
        Operation(service, name, inspect.getdoc(method) or "", entrypoint)
        for service, kind in services.items()
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        for entrypoint in getattr(method, "nameko_entrypoints", ())
        if isinstance(entrypoint, ApiEntrypoint)
    ]
    return iter(sorted(found, key=lambda each: (each.path, each.entrypoint.method)))


@cache
def document_of(*services: type) -> Json:
    """The document of service classes. An address that several answer is described once."""
    named = {str(kind.name): kind for kind in services}  # type: ignore[attr-defined]
    found = list(operations(named))
    schemas = Schemas([pair for each in found for pair in each.types()])
    paths: Json = {}
    for each in found:
        methods = paths.setdefault(each.path, {})
        methods.setdefault(each.entrypoint.method.lower(), _described(each, schemas))
    title = " · ".join(["Haoping", *named])
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version("haoping")},
        "paths": paths,
        "components": {"schemas": schemas.components, "securitySchemes": SECURITY},
    }


class Schemas:
    """The schemas of all bodies; what has a name is described once and referred to."""

    def __init__(self, types: Sequence[tuple[Any, JsonSchemaMode]]) -> None:
        wanted: list[tuple[Any, JsonSchemaMode]] = [*types, (Problem, "serialization")]
        inputs = [(repr(kind), mode, TypeAdapter(kind)) for kind, mode in wanted]
        made, definitions = TypeAdapter.json_schemas(inputs, ref_template=TEMPLATE)
        self._made: Mapping[tuple[str, JsonSchemaMode], Any] = made
        self.components: Json = definitions.get("$defs", {})

    def of(self, kind: Any, mode: JsonSchemaMode) -> Json:
        """The schema of a type; anything at all for None."""
        return {} if kind is None else dict(self._made[repr(kind), mode])


def _described(each: Operation, schemas: Schemas) -> Json:
    summary, _, more = each.words.partition("\n\n")
    described: Json = {
        "operationId": f"{each.service}_{each.name}",
        "tags": [each.service],
        "summary": " ".join(summary.split()),
        "parameters": [*_in_path(each), *_in_query(each)],
        "responses": dict(_responses(each, schemas)),
    }
    allowed = [more.strip()] if more else []
    if each.entrypoint.action:
        roles = ", ".join(sorted(MAY[each.entrypoint.action]))
        allowed.append(f"Roles that may `{each.entrypoint.action}`: {roles}.")
    described["security"] = list(_security(each.entrypoint.action))
    described["description"] = "\n\n".join(allowed)
    if each.entrypoint.takes is not None:
        described["requestBody"] = _request_body(each, schemas)
    return described


def _security(action: Action | None) -> Iterator[Json]:
    """A token of somebody with a role, or the four headers of a device; nothing where all may."""
    if action:
        yield from BY_TOKEN
        yield from BY_DEVICE if Role.DEVICE in MAY[action] else ()


def _in_path(each: Operation) -> Iterator[Json]:
    for name in CONVERTED.findall(each.entrypoint.url):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _in_query(each: Operation) -> Iterator[Json]:
    if each.entrypoint.asks is None:
        return
    schema = each.entrypoint.asks.model_json_schema()
    for name, described in schema["properties"].items():
        required = name in schema.get("required", ())
        whole = _whole(described, schema.get("$defs", {}))
        yield {"name": name, "in": "query", "required": required, "schema": whole}


def _whole(described: Any, definitions: Json) -> Any:
    """A schema with what it refers to put in its place."""
    if isinstance(described, list):
        return [_whole(each, definitions) for each in described]
    if not isinstance(described, dict):
        return described
    if "$ref" in described:
        return _whole(definitions[described["$ref"].rsplit("/", 1)[-1]], definitions)
    return {name: _whole(each, definitions) for name, each in described.items()}


def _request_body(each: Operation, schemas: Schemas) -> Json:
    schema = schemas.of(each.entrypoint.takes, "validation")
    content: Json = {JSON: {"schema": schema}}
    if schema.get("type") == "array":
        content[NDJSON] = {"schema": {"type": "string", "description": "One item on each line"}}
    return {"required": True, "content": content}


def _responses(each: Operation, schemas: Schemas) -> Iterator[tuple[str, Json]]:
    for status, answer in each.answers.items():
        media, schema = _media_and_schema(answer, schemas)
        yield (
            str(status),
            {
                "description": HTTPStatus(status).phrase,
                "content": {media: {"schema": schema}},
            },
        )
    problem = {PROBLEM: {"schema": schemas.of(Problem, "serialization")}}
    for status in _refusals(each):
        yield str(status), {"description": REFUSALS[status], "content": problem}


def _media_and_schema(answer: Any, schemas: Schemas) -> tuple[str, Json]:
    if isinstance(answer, str):
        return answer, {"type": "string"}
    media = PROBLEM if answer is Problem else JSON
    return media, schemas.of(answer, "serialization")


def _refusals(each: Operation) -> Iterator[int]:
    entrypoint = each.entrypoint
    if entrypoint.takes is not None:
        yield from (400, 413, 415, 422)
    elif entrypoint.asks is not None:
        yield 422
    if entrypoint.action:
        yield from (401, 403)
    if entrypoint.action or "<" in entrypoint.url:
        yield 429
    if entrypoint.method != "GET":
        yield 409
    if "<" in entrypoint.url:
        yield 404
    yield 503
