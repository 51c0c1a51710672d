"""The parts of the portal are one class: what one calls its own must not be another's."""

from __future__ import annotations

from collections import defaultdict

from services.portal.service import Portal


def test_no_two_parts_of_the_portal_use_one_name() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for part in Portal.__mro__:
        if part.__module__.startswith("services.portal"):
            for name in vars(part):
                if not name.startswith("__"):
                    owners[name].add(part.__name__)
    shared = {name: sorted(parts) for name, parts in owners.items() if len(parts) > 1}
    assert {name for name in shared if callable(getattr(Portal, name))} == set(), shared
