"""The page that shows all pictures, by who reads what is on them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from services.console.pages import Reader
from tests.screens.camera import WIDTHS, picture

INTRODUCTION = """\
# Every page, as its readers see it

Taken by `make screens` from a stack of its own: the county of the demo, its published year, and two
weeks of the next. Names, words and telephone numbers are synthetic. Tall pages are cut.
"""
TITLES = {
    Reader.CITIZEN: "Citizens",
    Reader.PUBLIC: "The public",
    Reader.CLERK: "Whoever sits at a window",
    Reader.OFFICER: "Officers",
    Reader.DISPATCHER: "Dispatchers",
    Reader.SUPERVISOR: "Supervisors",
    Reader.SCORER: "Scorers and leaders",
    Reader.ADMINISTRATOR: "Administrators",
}
Shot = tuple[Reader, str, str, str]
"""Who looks at it, its name, the pattern of its address, and the language."""


def gallery(shots: Iterable[Shot]) -> str:
    """The Markdown of all pictures."""
    order = list(TITLES)
    by_reader = sorted(shots, key=lambda shot: order.index(shot[0]))
    parts = (
        f"## {TITLES[reader]}\n\n" + "\n".join(_shown(own))
        for reader, own in groupby(by_reader, key=lambda shot: shot[0])
    )
    return "\n".join([INTRODUCTION, *parts])


def _shown(shots: Iterable[Shot]) -> Iterator[str]:
    for _, name, pattern, language in shots:
        yield f"### {name}{'' if language == 'zh' else ' (English)'}\n\n`{pattern}`\n"
        yield " ".join(_images([picture(name, width, language) for width in WIDTHS])) + "\n"


def _images(files: Sequence[str]) -> Iterator[str]:
    for file, share in zip(files, ("72%", "24%"), strict=True):
        yield f'<img src="{file}" alt="{file.removesuffix(".png")}" width="{share}">'
