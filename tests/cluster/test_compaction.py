"""Compaction: a long run keeps a bounded number of changes, and whoever still needs an old one gets along."""

from __future__ import annotations

import attrs
import pytest
from cluster_models.small import applied, booted, clerk, config_map, done, idler, key_of_map

from kcore.client.component import ComponentKey
from kcore.cluster.asking import committed
from kcore.cluster.compaction import KEPT, MOST
from kcore.cluster.events import Delivered
from kcore.cluster.timing import Timing

CLERK = ComponentKey("clerk", "m1")


def written(model, state, times):
    """The state after a map was written so many times, and the lengths that the log had on the way."""
    lengths = []
    for number in range(times):
        found = state.store.get(key_of_map())
        changed = attrs.evolve(found, data=found.data.set("v", str(number)))
        state = committed(state, model.components, state.store.put(changed))
        lengths.append(len(state.store.log))
    return state, lengths


@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.INTERLEAVED], ids=lambda timing: timing.value)
def test_the_log_is_bounded_when_nobody_lags(timing):
    """It never gets longer than twice what is kept, nor shorter than that again."""
    model, state = booted(clerk(idler), timing=timing)
    state, lengths = written(model, applied(model, state, config_map()), 3 * KEPT)

    assert max(lengths) < 2 * KEPT
    assert min(lengths[KEPT:]) >= KEPT
    assert state.store.changes_since(state.store.revision - KEPT) is not None
    assert state.store.changes_since(1) is None


def test_what_a_lagging_cache_has_to_hear_of_is_kept_for_it():
    """It goes on from where it was, and then the log is as short as ever."""
    model, state = booted(clerk(idler), timing=Timing.LAGGING)
    before = applied(model, state, config_map())
    behind, lengths = written(model, before, 3 * KEPT)
    heard = done(model, behind, Delivered(CLERK, before.store.revision)).state
    heard = done(model, heard, Delivered(CLERK, heard.store.revision)).state
    after, _ = written(model, heard, 1)

    assert lengths[-1] >= 3 * KEPT
    assert heard.processes[CLERK].cache is heard.store
    assert len(after.store.log) <= KEPT + 1


def test_a_cache_that_hears_of_nothing_at_all_does_not_hold_the_log_for_ever():
    """Beyond a second bound what it missed is gone, and it lists anew."""
    model, state = booted(clerk(idler), timing=Timing.LAGGING)
    state, lengths = written(model, applied(model, state, config_map()), MOST + 2 * KEPT)
    listed = done(model, state, Delivered(CLERK, state.store.revision)).state

    assert max(lengths) < MOST + 2 * KEPT
    assert state.store.changes_since(state.processes[CLERK].cache.revision) is None
    assert model.enabled(state) == (Delivered(CLERK, state.store.revision),)
    assert listed.processes[CLERK].cache is listed.store


def test_compaction_changes_no_object():
    """It forgets how things came to be, not what they are."""
    model, state = booted(clerk(idler))
    state, _ = written(model, applied(model, state, config_map()), 2 * KEPT)

    assert state.store.get(key_of_map()).data["v"] == str(2 * KEPT - 1)
    assert state.store.compacted > 0
