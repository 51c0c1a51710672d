"""How the examples of the documents are tried: one that stops working is found, by page and line.

And every command that a page names is one that there is.
"""

from __future__ import annotations

import os
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from services.adapters.settings import ROOT
from services.console.app import COMMANDS, program
from tests.documents import Reader, WrongExample, agrees, examples

PAGES = (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("clients/*/*.md"))
COMMAND = re.compile(r"(?:^ {4}|[`(]|bin/)haoping ((?:\\\n|[^`|<>#;)\n])+)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
WAITING = ("running", "capacity")
EXPLAINED = re.compile(r"\s{2,}(?!--)")


def page(folder: Path, text: str) -> Path:
    """A page with this text."""
    file = folder / "page.md"
    file.write_text(text, "utf-8")
    return file


def tried(folder: Path, text: str) -> None:
    """Try every example of a page."""
    reader = Reader(folder, {"PATH": os.environ["PATH"]})
    for each in examples(page(folder, text)):
        reader.tries(each)


GOOD = """\
# A page

```sh
export WHOM=world
```

```python
import os
print("hello", os.environ["WHOM"], 42)
print("bye")
```

```text
hello world …
bye
```
"""


def test_examples_are_tried_in_order_and_what_is_exported_lasts(tmp_path: Path) -> None:
    assert [(each.line, each.kind) for each in examples(page(tmp_path, GOOD))] == [
        (3, "sh"),
        (7, "python"),
    ]
    tried(tmp_path, GOOD)


def test_an_example_that_prints_something_else_is_named_by_page_and_line(tmp_path: Path) -> None:
    with pytest.raises(WrongExample, match=r"page\.md:7 prints something else(.|\n)*- bye"):
        tried(tmp_path, GOOD.replace('print("bye")', ""))


def test_an_example_that_fails_is_named_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(WrongExample, match=r"page\.md:3 ends with 1:\n(.|\n)*no such thing"):
        tried(tmp_path, GOOD.replace("export WHOM=world", "echo no such thing; false"))


def test_a_failure_in_the_middle_of_a_pipe_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(WrongExample, match=r"page\.md:3 ends with"):
        tried(tmp_path, GOOD.replace("export WHOM=world", "false | cat"))


@pytest.mark.parametrize(
    ("claimed", "printed", "right"),
    [
        ("a … c\n", "a b c\n", True),
        ("a … c\n", "a b d\n", False),
        ("a\n…\nc\n", "a\nb1\nb2\nc\n", True),
        ("a\n…\nc\n", "a\nc\n", True),
        ("a\n", "a\nb\n", False),
        ("a b\n", "a  b\n", False),
    ],
)
def test_an_ellipsis_stands_for_words_or_for_lines(claimed: str, printed: str, right: bool) -> None:
    assert agrees(claimed, printed) is right


def named(page: Path) -> list[str]:
    """The commands that a page names, without what is told about them."""
    found = COMMAND.finditer(page.read_text("utf-8"))
    said = (EXPLAINED.split(each[1].replace("\\\n", ""))[0].strip() for each in found)
    return list(dict.fromkeys(each for each in said if each))


@cache
def app(name: str) -> typer.Typer:
    """The command line with one command."""
    return program(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_is_one_that_there_is(page: Path) -> None:
    wrong = {}
    for command in named(page):
        words = shlex.split(command)
        assert words[0] in COMMANDS, f"{page.name}: haoping {command}"
        asked = CliRunner().invoke(app(words[0]), [*words, "--help"])
        if asked.exit_code:
            wrong[command] = asked.output
    assert wrong == {}


def told_to_type(page: Path) -> list[str]:
    """Every line that begins with a command, in the order of the page, without its comment."""
    found = re.finditer(
        r"^ *((?:make|export|\.venv/bin/haoping) [^#\n]+)", page.read_text("utf-8"), re.MULTILINE
    )
    return [each[1].strip() for each in found]


def test_the_readme_tells_the_same_commands_in_both_languages() -> None:
    english, chinese = (told_to_type(ROOT / name) for name in ("README.md", "README.zh-CN.md"))
    assert english[:2] == ["make demo", "make test"]
    assert chinese == english


def test_the_pages_agree_on_what_waits_after_a_day_without_a_database() -> None:
    running, capacity = ((ROOT / "docs" / f"{name}.md").read_text() for name in WAITING)
    [month], [days], [size] = (
        re.findall(r"ratings a month \| ([\d,]+)", capacity),
        re.findall(r"working day \((\d+) of them\)", capacity),
        re.findall(r"waits at the broker, on each node \| ([\d,]+) bytes", running),
    )
    number = round(int(month.replace(",", "")) / int(days), -3)
    gigabytes = f"{number * int(size.replace(',', '')) / 1e9:.1f} GB"
    for page in (running, capacity):
        assert f"{number:,.0f}" in page
        assert f"{gigabytes} on e" in page


def anchors(page: Path) -> set[str]:
    """What a link may name of a page: its headings, as they are made addresses."""
    heads = HEADING.findall(page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    dead = []
    for file, anchor in LINK.findall(page.read_text("utf-8")):
        there = (page.parent / file) if file else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            dead.append(f"{file}#{anchor}")
    assert dead == []


def test_the_index_names_every_page_with_its_reader() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| \[([\w./-]+)\]\(\S+\) \| (\S.*) \|$", index, re.MULTILINE))
    pages = {page.name for page in ROOT.glob("docs/*.md")} - {"README.md"}
    assert pages <= rows.keys()
    assert len(set(rows.values())) == len(rows)
