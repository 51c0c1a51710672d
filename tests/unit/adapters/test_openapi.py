"""The OpenAPI document says what the services answer, all of it, and is valid."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from typer.testing import CliRunner

from services.adapters.http.entrypoint import ApiEntrypoint
from services.adapters.openapi import document_of
from services.capture.service import Capture
from services.console.app import program
from services.console.openapi import document
from services.contracts.signing import DEVICE, ID, SIGNATURE, TIMESTAMP
from services.registry.service import Registry
from services.store.service import Store

ALL = document()
Headers = dict[str, list[str]]


def described(path: str, method: str) -> dict[str, Any]:
    """An operation of the document of all services."""
    operation: dict[str, Any] = ALL["paths"][path][method]
    return operation


@pytest.mark.parametrize("found", [ALL, document_of(Capture), document_of(Store)])
def test_the_document_is_valid_openapi_and_json(found: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(json.loads(json.dumps(found))).validate()


def test_the_command_writes_the_document(tmp_path: Path) -> None:
    written = tmp_path / "openapi.json"
    assert CliRunner().invoke(program("openapi"), ["openapi", "-o", str(written)]).exit_code == 0
    assert json.loads(written.read_text("utf-8")) == json.loads(json.dumps(ALL))
    assert {"capture", "store", "rectify", "score", "registry"} == {
        tag for path in ALL["paths"].values() for each in path.values() for tag in each["tags"]
    }


def test_every_entrypoint_is_described_with_words() -> None:
    for service in (Capture, Store, Registry):
        for name, method in inspect.getmembers(service, inspect.isfunction):
            for entrypoint in getattr(method, "nameko_entrypoints", ()):
                if isinstance(entrypoint, ApiEntrypoint):
                    paths = document_of(service)["paths"].values()
                    [found] = [
                        operation
                        for path in paths
                        for operation in path.values()
                        if operation["operationId"] == f"{service.name}_{name}"
                    ]
                    assert found["summary"].endswith(".")


def test_a_document_names_who_may_do_what() -> None:
    replay = described("/v1/quarantine/{key}:replay", "post")
    assert "mend_quarantine" in replay["description"]
    assert "administrator" in replay["description"]
    assert replay["security"] == [{"bearer": []}]
    assert described("/v1/time", "get")["security"] == []
    assert replay["tags"] == ["store"]
    assert described("/v1/ratings/{rating_id}", "get")["tags"] == ["store"]


def test_bodies_and_queries_are_described_by_their_models() -> None:
    batch = described("/v1/ratings:batch", "post")["requestBody"]["content"]
    assert set(batch) == {"application/json", "application/x-ndjson"}
    assert batch["application/json"]["schema"]["maxItems"] == 5000
    press = ALL["components"]["schemas"]["RatingForm"]
    assert {"rating_id", "level", "channel", "pressed_at"} <= set(press["required"])
    asked = {each["name"] for each in described("/v1/quarantine", "get")["parameters"]}
    assert asked == {"state", "reason", "cursor", "limit"}


@pytest.mark.parametrize("path", ["/v1/quarantine", "/v1/audit", "/v1/cases"])
def test_a_cursor_is_a_text_for_whoever_sends_it_back(path: str) -> None:
    asked = {each["name"]: each["schema"] for each in described(path, "get")["parameters"]}
    assert {each["type"] for each in asked["cursor"]["anyOf"]} == {"string", "null"}


def test_what_is_refused_is_described_as_a_problem() -> None:
    answers = described("/v1/ratings", "post")["responses"]
    assert set(answers) >= {"202", "400", "401", "403", "413", "415", "422", "429", "503"}
    assert set(answers["422"]["content"]) == {"application/problem+json"}


def test_a_device_may_sign_where_devices_may_ask_and_nowhere_else() -> None:
    signed: Headers = {DEVICE: [], ID: [], TIMESTAMP: [], SIGNATURE: []}
    token: list[Headers] = [{"bearer": []}]
    both = [*token, signed]
    assert described("/v1/ratings", "post")["security"] == both
    assert described("/v1/ratings:batch", "post")["security"] == both
    assert described("/v1/devices/me/heartbeat", "post")["security"] == both
    assert described("/v1/ratings/{rating_id}", "get")["security"] == both
    assert described("/v1/errands", "post")["security"] == token
    assert described("/v1/watch", "get")["security"] == token
    assert described("/v1/devices:enrol", "post")["security"] == []
    assert signed.keys() < ALL["components"]["securitySchemes"].keys()
