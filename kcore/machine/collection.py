"""Garbage collection frozen while a search runs.

A search keeps millions of acyclic values alive; a collector that visits all of them again and again stalls it. Inside
`collection_frozen()` nothing is collected by cycle, even on request for what was there before; reference counting goes
on. Nothing is collected on entry, so that a search of ten states costs what ten states cost.

Does not model memory limits: a search is bounded by its numbers of states and steps.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_frozen() -> Iterator[None]:
    """Leave the collector off until the block ends; where it is off already, as in a block within, change nothing."""
    if not gc.isenabled():
        yield
        return
    ours = gc.get_freeze_count() == 0
    if ours:
        gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        if ours:
            gc.unfreeze()
        gc.enable()
