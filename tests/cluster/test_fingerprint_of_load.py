"""Fingerprints and load: a cluster of which more is asked is another state."""

from __future__ import annotations

from cluster_models.small import CAPACITY

from kcore.api.frozenmap import FrozenMap
from kcore.cluster.fingerprint import Fingerprinter
from kcore.model import NodeSpec, Plan, boot, build_model
from kcore.users.load import LoadSet
from kcore.world.metrics import Load, Metrics


def test_another_load_is_another_state():
    """What is asked of pods decides what an autoscaler does, so states that differ in it count as two."""
    model = build_model()
    load = Load(name="visits", labels=FrozenMap({"app": "web"}), milli=100)
    plan = Plan(nodes=[NodeSpec(name="n1", capacity=CAPACITY)], metrics=Metrics(loads=(load,)))
    state = boot(model, plan)
    busier = model.step(state, LoadSet("visits", 900)).state
    fingerprint = Fingerprinter()

    assert fingerprint(state) != fingerprint(busier)
    assert fingerprint(model.step(busier, LoadSet("visits", 100)).state) == fingerprint(state)
