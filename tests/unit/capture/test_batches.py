"""A batch: every item has its own result."""

from __future__ import annotations

from services.capture.batches import sort
from services.capture.forms import ErrandForm
from services.contracts.events import ErrandReported
from services.errors import NotAllowed
from tests.county import NOON, errand

NOT_SAID = {"received_at", "submitted_by", "traceparent"}
GOOD = errand().model_dump(mode="json", exclude=NOT_SAID)


def take(form: ErrandForm, position: int) -> ErrandReported:
    """Take any errand but those of the system `closed`."""
    if form.source_system == "closed":
        raise NotAllowed("not from there")
    return ErrandReported(**form.model_dump(), received_at=NOON, submitted_by=str(position))


def test_the_good_ones_are_taken_whatever_is_wrong_with_the_others() -> None:
    wrong = {**GOOD, "stage": "paused"}
    sorting = sort(
        [GOOD, wrong, "nonsense", {**GOOD, "source_system": "closed"}, GOOD], ErrandForm, take
    )
    assert [event.submitted_by for event in sorting.events] == ["0", "4"]
    assert (sorting.summary["accepted"], sorting.summary["refused"]) == (2, 3)


def test_each_result_says_what_to_mend() -> None:
    sorting = sort(
        [{**GOOD, "stage": "paused"}, {**GOOD, "source_system": "closed"}], ErrandForm, take
    )
    assert sorting.results[0]["errors"][0]["pointer"] == "/stage"
    assert sorting.results[1] == {"status": "refused", "detail": "not from there"}
