"""Operators of MongoDB in every input there is: refused where they stand, or a text like any other.

The inputs are read off the OpenAPI document, so that a new one is tried as soon as it exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.adapters.openapi import Operation, document_of, operations
from services.console.stack.application import BEHIND
from services.score.imports import FIGURES
from services.score.rows import COLUMNS, NotImported, checked

OPERATORS: tuple[Any, ...] = (
    {"$ne": None},
    {"$gt": ""},
    {"$regex": ".*"},
    {"$where": "sleep(1000)"},
    {"$in": [None]},
)
FREE = frozenset({("POST /v1/imports", "rows/0")})
"""Inputs that take any object: rows of figures, whose cells are looked at one by one."""
SOUND = {"unit": "tax", "figure": next(iter(FIGURES)), "numerator": 1, "denominator": 2}
Pointer = tuple[str | int, ...]
SERVICES = {
    name: getattr(import_module(f"services.{name}.service"), name.capitalize()) for name in BEHIND
}
DOCUMENT = document_of(*SERVICES.values())
FOUND = list(operations(SERVICES))
TAKING = [each for each in FOUND if each.entrypoint.takes is not None]
ASKING = [each for each in FOUND if each.entrypoint.asks is not None]


def named(each: Operation) -> str:
    """How an operation is called in the report."""
    return f"{each.entrypoint.method} {each.path}"


def pointers(schema: Any, at: Pointer = (), seen: tuple[str, ...] = ()) -> Iterator[Pointer]:
    """Where a value stands in what a schema describes; the first item of a list stands for all."""
    if ref := schema.get("$ref"):
        if ref not in seen:
            found = DOCUMENT["components"]["schemas"][ref.rsplit("/", 1)[-1]]
            yield from pointers(found, at, (*seen, ref))
        return
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from pointers(part, at, seen)
    if "properties" in schema:
        for name, each in schema["properties"].items():
            yield from pointers(each, (*at, name), seen)
    elif schema.get("type") == "array":
        yield from pointers(schema.get("items", {}), (*at, 0), seen)
    elif "anyOf" not in schema and "oneOf" not in schema and "allOf" not in schema:
        yield at


def with_at(pointer: Pointer, value: Any) -> Any:
    """A body with nothing in it but this value at its place."""
    for part in reversed(pointer):
        value = [value] if isinstance(part, int) else {part: value}
    return value


@cache
def schema_of(method: str, path: str) -> Any:
    """The schema of the body of an operation, as the document says."""
    body = DOCUMENT["paths"][path][method.lower()]["requestBody"]
    return body["content"]["application/json"]["schema"]


def at_fault(error: ValidationError, pointer: Pointer) -> bool:
    """Whether the value at the pointer, or what surrounds it, is among what is wrong."""
    for each in error.errors():
        place = tuple(part for part in each["loc"] if part in pointer)
        if each["type"] != "missing" and place == pointer[: len(place)] and place:
            return True
        if not pointer or not each["loc"]:
            return True
    return False


@pytest.mark.parametrize("operation", TAKING, ids=named)
def test_no_field_of_a_body_takes_an_operator(operation: Operation) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(operation.entrypoint.takes)
    found = set(pointers(schema_of(operation.entrypoint.method, operation.path)))
    assert found
    for pointer in found:
        for operator in OPERATORS:
            if (named(operation), "/".join(map(str, pointer))) in FREE:
                continue
            with pytest.raises(ValidationError) as refused:
                adapter.validate_python(with_at(pointer, operator))
            assert at_fault(refused.value, pointer), (pointer, operator, refused.value.errors())


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("operator", OPERATORS, ids=str)
def test_no_cell_of_an_imported_row_takes_an_operator(column: str, operator: Any) -> None:
    with pytest.raises(NotImported):
        checked([(1, {**SOUND, column: operator})], "2020-01", {"tax": "税务局"}, {"tax"})


@pytest.mark.parametrize("operation", TAKING, ids=named)
def test_no_body_takes_a_field_that_is_not_its_own(operation: Operation) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(operation.entrypoint.takes)
    schema = schema_of(operation.entrypoint.method, operation.path)
    for name in ("$where", "$or", "_id", "is_admin"):
        body: Any = {name: "1"}
        with pytest.raises(ValidationError):
            adapter.validate_python([body] if schema.get("type") == "array" else body)


@pytest.mark.parametrize("operation", ASKING, ids=named)
def test_in_a_query_an_operator_is_refused_or_a_text(operation: Operation) -> None:
    asks = operation.entrypoint.asks
    assert asks is not None
    for name in asks.model_json_schema()["properties"]:
        with pytest.raises(ValidationError):
            asks.model_validate({f"{name}[$ne]": ""})
        try:
            found = asks.model_validate({name: '{"$ne": null}'})
        except ValidationError:
            continue
        assert not any(_objects(value) for value in found.model_dump().values()), name


def _objects(value: Any) -> bool:
    """Whether there is anything with keys in a value."""
    if isinstance(value, dict | BaseModel):
        return True
    return isinstance(value, list | tuple | set | frozenset) and any(map(_objects, value))
