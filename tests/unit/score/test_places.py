"""Where the units of a published month stay, whatever the registry says later."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.directory import Directory, Unit
from services.score.places import as_published

NAMES = ("county", "tax", "land", "north", "south")


@st.composite
def trees(draw: st.DrawFn) -> Directory:
    """A registry with some of the units, each below one that is named before it."""
    chosen = [name for name in NAMES if draw(st.booleans())]
    parents = (draw(st.sampled_from([None, *chosen[:n]])) for n in range(len(chosen)))
    groups = st.sampled_from(["bureaus", "offices"])
    units = zip(chosen, parents, strict=False)
    return Directory(
        units=tuple(Unit(id=id, name=id, parent=up, peers=draw(groups)) for id, up in units)
    )


@given(trees(), trees())
def test_a_known_unit_stays_and_one_that_was_not_known_enters_where_it_is(
    today: Directory, known: Directory
) -> None:
    found = as_published(today, known)
    assert found.unit.keys() == today.unit.keys() | known.unit.keys()
    for unit in found.units:
        told = known.unit.get(unit.id) or today.unit[unit.id]
        assert (unit.parent, unit.peers) == (told.parent, told.peers)
