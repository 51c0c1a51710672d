"""Nothing that is delivered holds a password, token or key that would open anything."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.adapters.signins import How
from services.registry.accounts import Account

ROOT = Path(__file__).resolve().parents[2]
SECRET = re.compile(
    r"passw|passwd|pwd|secret|credential|token|cookie|_key\b|api_?key", re.IGNORECASE
)
IN_ADDRESS = re.compile(r"\w+://[^/\s:@\"'{}$]+:(?!\$\{)[^/\s:@\"'{}$]+@")
ASKED_FOR = re.compile(r"^\$\{\w+(:\?[^}]*|:-?|:)?\}$")
FILES = [
    *(ROOT / "config").rglob("*.yaml"),
    *(ROOT / "config").rglob("*.conf"),
    *(ROOT / "config").rglob("*.json"),
    ROOT / "docker-compose.yml",
    ROOT / "Dockerfile",
]
MODULES = sorted([*(ROOT / "services").rglob("*.py"), *(ROOT / "clients").rglob("*.py")])
WORDS = frozenset(How)
"""Names of ways to sign in, among them *password* and *token*."""


def named_texts(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Every text that is assigned to a name or given under one, in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from ((ast.unparse(each), _text(node.value)) for each in node.targets)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield ast.unparse(node.target), _text(node.value)
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg, _text(node.value)
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from ((_text(key), _text(value)) for key, value in pairs if key)
        elif isinstance(node, ast.FunctionDef):
            names = [each.arg for each in node.args.args][-len(node.args.defaults) :]
            yield from zip(names, map(_text, node.args.defaults), strict=False)


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def could_be_one(text: str) -> bool:
    """Whether a text could be a password: one word, with letters that no name or address needs."""
    one_word = bool(text) and not re.search(r"[\s/.:{}<>%\u3400-\u9fff]", text)
    return one_word and text not in WORDS and not re.fullmatch(r"[a-z]+([_-][a-z]+)*_?", text)


def settings(document: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a YAML document, under the names that lead to it."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from settings(value, f"{path}/{name}")
    elif isinstance(document, list):
        for value in document:
            yield from settings(value, path)
    elif isinstance(document, str):
        yield path, document


def test_no_address_that_is_delivered_holds_a_password() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in [*FILES, *MODULES]
        for match in IN_ADDRESS.finditer(path.read_text("utf-8"))
    }
    assert {each for each in found if not each.casefold().endswith(":password@")} == set()


@pytest.mark.parametrize(
    "path", [each for each in FILES if each.suffix in {".yaml", ".yml"}], ids=lambda p: p.name
)
def test_no_setting_has_a_secret_by_default(path: Path) -> None:
    found = [
        f"{name}={text}"
        for document in yaml.safe_load_all(path.read_text("utf-8"))
        for name, text in settings(document)
        if SECRET.search(name.rsplit("/", 1)[-1])
        and not name.endswith("_FILE")
        and not ASKED_FOR.match(text)
        and could_be_one(text)
    ]
    assert found == []


def test_no_module_gives_a_secret_a_value() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name} = {text!r}"
        for path in MODULES
        for name, text in named_texts(ast.parse(path.read_text("utf-8")))
        if SECRET.search(name) and could_be_one(text)
    ]
    assert found == []


def test_the_search_finds_what_it_looks_for() -> None:
    module = "PASSWORD = 'Admin123!'\ndef f(user, token='Haoping1'): g(secret='s3cret')\n"
    texts = [text for name, text in named_texts(ast.parse(module)) if SECRET.search(name)]
    assert sorted(filter(could_be_one, texts)) == ["Admin123!", "Haoping1", "s3cret"]
    assert IN_ADDRESS.search("amqp://guest:guest@127.0.0.1")
    assert not IN_ADDRESS.search("amqp://haoping:${BROKER_PASSWORD:?set it}@rabbitmq:5672/")


def test_an_account_begins_without_a_password() -> None:
    assert Account(person="admin").password is None
