"""Whose fault it is when the database does not do as it was asked."""

from __future__ import annotations

from typing import Any

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    NetworkTimeout,
    WriteConcernError,
    WriteError,
)

from services.adapters.bus.handling import is_the_databases
from services.adapters.mongo import DUPLICATE_KEY, taken

LATE: dict[str, Any] = {"code": 50, "errmsg": "operation exceeded time limit"}


def bulk(*codes: int, late: bool = False) -> BulkWriteError:
    """What a bulk raises whose documents were refused with these codes, in turn from the second."""
    errors = [{"index": index, "code": code} for index, code in enumerate(codes, 1)]
    return BulkWriteError({"writeErrors": errors, "writeConcernErrors": [LATE] if late else []})


def test_what_was_there_already_is_told_by_its_position() -> None:
    assert taken(bulk(DUPLICATE_KEY, DUPLICATE_KEY)) == [1, 2]


def test_what_is_refused_otherwise_is_no_duplicate() -> None:
    with pytest.raises(BulkWriteError):
        taken(bulk(DUPLICATE_KEY, 121))


@pytest.mark.parametrize("codes", [(), (DUPLICATE_KEY,)])
def test_what_no_majority_confirmed_is_not_taken_for_done(codes: tuple[int, ...]) -> None:
    """With the primary it could be lost, after the sender was told to forget it."""
    with pytest.raises(WriteConcernError) as raised:
        taken(bulk(*codes, late=True))
    assert is_the_databases(raised.value)


def test_a_database_that_fails_may_do_it_later_and_one_that_refuses_will_not() -> None:
    away = (AutoReconnect("down"), NetworkTimeout("late"), bulk(late=True))
    assert [is_the_databases(error) for error in away] == [True, True, True]
    refused = (WriteError("too large"), bulk(121), KeyError("a slip of ours"))
    assert [is_the_databases(error) for error in refused] == [False, False, False]
