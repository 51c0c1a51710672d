"""Every example of README and documents, tried in order on a trial like the reader's own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.adapters.settings import ROOT
from services.console.stack import Stack
from tests.documents import Reader, examples
from tests.integration.trial import trial

pytestmark = pytest.mark.integration
PAGES = [
    page for page in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))) if any(examples(page))
]
TOOLS = ("curl", "openssl")


@pytest.fixture(scope="module")
def state(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The state folder of a trial that runs."""
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"the pages use {' and '.join(missing)}: apt-get install {' '.join(missing)}")
    if not stack.pid("rabbitmq"):
        pytest.skip("users can be made on a private broker only")
    with trial(stack, tmp_path_factory.mktemp("trial")) as running:
        yield running


@pytest.fixture
def reader(state: Path, tmp_path: Path) -> Reader:
    """Somebody who stands in the project's folder, in which there is nothing of theirs yet."""
    for name in (".venv", "clients"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".haoping").symlink_to(state)
    return Reader(tmp_path, {"PATH": os.environ["PATH"], "HAOPING_STATE": str(state)})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_do_what_it_says(reader: Reader, page: Path) -> None:
    for example in examples(page):
        reader.tries(example)
