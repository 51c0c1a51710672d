"""The garbage collector of a service process, told what a service is like.

What was loaded at the start stays for ever. By default the collector walks through all of it again
and again for nothing: a fifth of the edge's time. What comes later it still walks through often
enough that the few cycles which requests and batches leave do not pile up.
"""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 20_000, 5, 5
"""After so many new objects, and so many collections of the younger, each generation is walked."""


def settle_down() -> None:
    """Leave out what is loaded by now, and walk through the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
