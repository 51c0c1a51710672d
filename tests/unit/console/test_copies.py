"""In which order a copy is read, so that nothing in it points at what is not."""

from __future__ import annotations

from services.adapters.sealing.resealing import PLACES
from services.console.backup.order import PASSING, in_order
from services.contracts.keeping import KEEPING

EVERYTHING = {name for rights in KEEPING.values() for name, _ in rights.all()}
ORDER = in_order(EVERYTHING)


def test_everything_that_is_kept_is_copied_but_for_what_passes() -> None:
    assert set(ORDER) == EVERYTHING - PASSING


def test_a_case_is_read_before_its_rating_and_the_end_of_the_audit_before_its_entries() -> None:
    assert ORDER.index("cases") < ORDER.index("ratings")
    assert ORDER.index("audit_ends") < ORDER.index("audit")
    assert ORDER.index("month_snapshots") < ORDER.index("scores")
    assert ORDER.index("evidence.files") < ORDER.index("evidence.chunks")


def test_a_day_that_is_summed_up_while_it_is_copied_does_not_look_cut_off() -> None:
    """Its sum points at anchors, which point at histories of cases and entries of the audit."""
    assert ORDER.index("anchor_days") < ORDER.index("anchors")
    assert ORDER.index("anchors") < min(map(ORDER.index, ("cases", "evidence.files", "audit")))


def test_whatever_is_sealed_is_read_before_the_keys_that_open_it() -> None:
    sealed = {name for name, _ in PLACES} - PASSING
    assert max(map(ORDER.index, sealed)) < ORDER.index("data_keys")
