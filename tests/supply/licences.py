"""`make licences` writes docs/licences.md from what is installed; `--check` compares them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "licences.md"
OSI = "License :: OSI Approved :: "
PREFIX = re.compile(r"^License :: (OSI Approved( :: )?)?")
LONGEST = 60
HEAD = """\
# Licences

What stands in the two locks and is installed on Linux, as each package declares it; made by
`make licences`, held against the installation by `make lint`. `THIRD_PARTY.md` says how it is
used, and `make sbom` writes all of it as CycloneDX.
"""
PARTS = {
    "requirements.txt": "Installed with Haoping",
    "requirements-dev.txt": "Added for trial, tests, checks and benches, and not distributed",
}


def locked(lock: str) -> set[str]:
    """The names in a lock, normalised as PEP 503 wants."""
    return {
        normal(name)
        for name in re.findall(r"(?m)^([A-Za-z0-9][\w.-]*)==", (ROOT / lock).read_text())
    }


def normal(name: str) -> str:
    """A package's name in its one spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(package: Distribution) -> str:
    """What a package says about its licence: an SPDX expression, its classifiers or its words."""
    told = package.metadata
    if "License-Expression" in told:
        return told["License-Expression"]
    classifiers = [PREFIX.sub("", each) for each in told.get_all("Classifier") or () if OSI in each]
    words = told["License"].strip().splitlines() if "License" in told else []
    return ", ".join(classifiers) or (
        words[0] if words and len(words[0]) < LONGEST else "in its LICENSE file"
    )


def page() -> str:
    """The whole page."""
    here = {normal(each.name) for each in distributions()}
    shown: set[str] = set()
    parts = [HEAD]
    for lock, title in PARTS.items():
        names = locked(lock) & here - shown
        shown |= names
        parts += [f"\n## {title}\n\n| Package | Licence |\n|---|---|\n", *_rows(names)]
    return "".join(parts)


def _rows(names: Iterable[str]) -> list[str]:
    return [f"| {name} | {licence(distribution(name))} |\n" for name in sorted(names)]


def main(words: list[str]) -> int:
    """Write the page, or with `--check` only say whether it is as it should be."""
    if "--check" not in words:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    print("docs/licences.md is behind the installed packages: run make licences")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
