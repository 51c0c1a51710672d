"""`make lint`: no package that the lock names has a known weakness; without a network it says so.

What was found is good for a day and for one lock: a package index is not asked at every turn.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.txt"
DAY_S = 24 * 3600
PATIENCE_S = 60
COMMAND = ("-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json")


def weaknesses(report: Any) -> Iterator[str]:
    """A line for each known weakness of a report of pip-audit."""
    for package in report["dependencies"]:
        for found in package.get("vulns", ()):
            mended = ", ".join(found["fix_versions"]) or "nowhere yet"
            yield f"{package['name']} {package['version']}: {found['id']}, mended in {mended}"


def unknown(report: Any) -> int:
    """How many packages the index could say nothing about."""
    return sum("skip_reason" in package for package in report["dependencies"])


def main(kept: Path = Path(sys.prefix) / "audit.json") -> int:
    """Print what was found; 1 when that is a weakness, 0 when it is none or nobody could be asked.

    `kept` remembers the last report.
    """
    report = _remembered(kept) or _asked(kept)
    if report is None:
        print("Known weaknesses of packages: not looked up, for the package index was not reached.")
        return 0
    if found := list(weaknesses(report)):
        print(*found, sep="\n")
        return 1
    if silent := unknown(report):
        print(f"Known weaknesses of packages: the index knows nothing about {silent} of them.")
    return 0


def _remembered(kept: Path) -> Any:
    if not kept.exists() or time.time() - kept.stat().st_mtime > DAY_S:
        return None
    found = json.loads(kept.read_text())
    return found["report"] if found["lock"] == _lock() else None


def _asked(kept: Path) -> Any:
    command = [sys.executable, *COMMAND, "--requirement", str(LOCK)]
    try:
        said = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        report = json.loads(said.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    kept.write_text(json.dumps({"lock": _lock(), "report": report}))
    return report


def _lock() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
