"""Whatever asks the stack to stop is Ctrl-C, and only once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from services.console.stack.stopping import SIGNALS, ignore_impatience, stop_when_asked


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    """Whatever the tests' own process does about signals stays as it was."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_being_asked_to_stop_is_ctrl_c(number: signal.Signals) -> None:
    stop_when_asked()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_nothing_interrupts_the_stopping(number: signal.Signals) -> None:
    stop_when_asked()
    ignore_impatience()
    os.kill(os.getpid(), number)
