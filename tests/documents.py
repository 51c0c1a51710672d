"""The examples of the documents, read from the pages and tried in order, as a reader would.

Every fenced block of `sh` or `python` is an example. A block of `text` right below it is what it
prints; in it … stands for any words, and on a line of its own for any lines.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$\s*", re.MULTILINE | re.DOTALL)
KINDS = ("sh", "python")
ANY_LINES, ANY_WORDS = r"(?:[^\n]*\n)*?", r"[^\n]*?"
PATIENCE_S = 60
IN_ORDER = """
if [ -e "$1" ]; then . "$1"; fi
if [ "$2" = python ]; then shift 2; exec "$@"; fi
. "$4" && export -p > "$1"
"""


@dataclass(frozen=True)
class Example:
    """A block of a page that a reader copies, and what the page says it prints."""

    page: Path
    line: int
    kind: str
    code: str
    prints: str | None

    @property
    def where(self) -> str:
        """The page and the line at which the block begins."""
        return f"{self.page.name}:{self.line}"


class WrongExample(AssertionError):
    """An example does not do what its page says."""


def examples(page: Path) -> Iterator[Example]:
    """The examples of a page, in their order."""
    text = page.read_text("utf-8")
    blocks = list(FENCED.finditer(text))
    printed = {block.start(): block[2] for block in blocks if block[1] == "text"}
    for block in blocks:
        if block[1] in KINDS:
            line = text.count("\n", 0, block.start()) + 1
            yield Example(page, line, block[1], block[2], printed.get(block.end()))


@dataclass(frozen=True)
class Reader:
    """Tries the examples of one page in a folder; what a shell exports lasts until the next one."""

    folder: Path
    environment: Mapping[str, str]

    def tries(self, example: Example) -> None:
        """Run an example. Raises WrongExample when it fails or prints something else."""
        code = self.folder / f"example-{example.line}.{example.kind}"
        code.write_text(example.code, "utf-8")
        try:
            ran = self._run(example.kind, code)
        except subprocess.TimeoutExpired:
            raise WrongExample(f"{example.where} does not end within {PATIENCE_S} s") from None
        if ran.returncode:
            said = f"{ran.stdout}{ran.stderr}".rstrip()
            raise WrongExample(f"{example.where} ends with {ran.returncode}:\n{said}")
        if example.prints is not None and not agrees(example.prints, ran.stdout):
            lines = ndiff(example.prints.splitlines(), ran.stdout.splitlines())
            raise WrongExample("\n".join([f"{example.where} prints something else:", *lines]))

    def _run(self, kind: str, code: Path) -> subprocess.CompletedProcess[str]:
        exported = str(self.folder / "exported")
        told = ("bash", "-euo", "pipefail", "-c", IN_ORDER, "reader", exported, kind)
        return subprocess.run(
            [*told, sys.executable, str(code)],
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )


def agrees(claimed: str, printed: str) -> bool:
    """Whether a page tells what was printed, but for spaces at the ends of lines."""
    lines = (each.rstrip() for each in claimed.splitlines())
    pattern = "".join(
        ANY_LINES if line.strip() == "…" else ANY_WORDS.join(map(re.escape, line.split("…"))) + "\n"
        for line in lines
    )
    shown = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    return re.fullmatch(pattern, shown) is not None
