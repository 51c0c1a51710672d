"""The soak in small: what it looks at, and what it says of it."""

from __future__ import annotations

import pytest

from services.console.bench import soaking
from services.console.stack import Stack


@pytest.mark.slow
@pytest.mark.integration
def test_a_soak_loses_nothing_and_says_what_grew(stack: Stack) -> None:
    small = soaking.Size(seconds=10, every_s=0.2, finding=200)
    result = soaking.run(stack, 1, lambda told: None, small)
    bars = {bar.name: bar.value for bar in result.bars}
    assert bars.keys() == {"memory_growth", "lag_growth", "lost", "untallied"}
    assert (bars["lost"], bars["untallied"]) == (0, 0)
    assert len(result.raw[soaking.LAG].runs) > 10
