"""What is seen while the story runs: a progress bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

PLAIN_WIDTH = 116


def console() -> Console:
    """The console; wide enough for tables where there is no terminal to ask."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


class Narrator:
    """Says what goes on, and remembers how long each phase took (seconds)."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.seconds: dict[str, float] = {}
        self._progress: Progress | None = None

    def say(self, sentence: str) -> None:
        """A line for people."""
        self.out.print(escape(sentence), soft_wrap=True)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a phase; a name that returns adds to its time."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - start

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[None]:
        """A bar until `total`; `advance` moves it."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        plain = not self.out.is_terminal
        bar = Progress(
            *columns, TimeElapsedColumn(), console=self.out, transient=True, disable=plain
        )
        with bar:
            bar.add_task(escape(what), total=total)
            self._progress = bar
            yield
        self._progress = None

    def advance(self, count: int) -> None:
        """So many more are done."""
        if self._progress:
            self._progress.advance(self._progress.task_ids[0], count)

    def now(self, what: str) -> None:
        """What is going on beside the bar; a line of its own where there is no terminal."""
        if self._progress and self.out.is_terminal:
            self._progress.update(self._progress.task_ids[0], description=escape(what))
        else:
            self.say(f"  {what}")
