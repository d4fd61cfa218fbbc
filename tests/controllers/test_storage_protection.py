"""The protection of claims and volumes: what is used stays, and goes when it is used no more."""

from __future__ import annotations

import pytest
from storage_bench import applied, begun, binder, claim, claims, deleted, key, pod, volume, volumes

MODEL = binder()


def test_a_claim_that_no_pod_uses_goes_at_once():
    """The controller takes its finalizer off."""
    state = deleted(MODEL, applied(MODEL, begun(MODEL), claim("c")), "PersistentVolumeClaim", "c")

    assert claims(state) == {}


@pytest.mark.parametrize(
    ("spec", "stays"),
    [
        pytest.param({"nodeName": "n1"}, True, id="a pod on a node uses its claims"),
        pytest.param({}, False, id="a pod without a node does not"),
    ],
)
def test_a_claim_stays_while(spec, stays):
    """A pod counts from its binding to its end."""
    state = applied(MODEL, begun(MODEL, ("n1",)), claim("c"), pod("p", "c", **spec))
    state = deleted(MODEL, state, "PersistentVolumeClaim", "c")

    assert ("c" in claims(state)) is stays
    assert claims(deleted(MODEL, state, "Pod", "p", 0)) == {}


def test_a_volume_stays_while_it_is_bound():
    """It goes when its claim has gone."""
    state = applied(MODEL, begun(MODEL), volume("v"), claim("c"))
    state = deleted(MODEL, state, "PersistentVolume", "v")
    assert volumes(state) == {"v": "Bound"}
    assert state.store.get(key("PersistentVolume", "v")).metadata.deletion_timestamp is not None

    assert volumes(deleted(MODEL, state, "PersistentVolumeClaim", "c")) == {}
