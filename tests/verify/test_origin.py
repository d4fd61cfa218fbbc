"""Origins: a cluster has come up when its pods have had the time that their probes take."""

from __future__ import annotations

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.model import NodeSpec, Plan, build_model
from kcore.reconcile.podutil import is_pod_ready
from kcore.verify.origin import Origin

ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
ASKED = {"tcpSocket": {"port": 80}}


def pod(**probes):
    """A pod whose container is probed so."""
    container = {"name": "c", "image": "app:v1", **probes}
    return Json.of({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}})


@pytest.mark.parametrize(
    "probes",
    [
        pytest.param({}, id="no probe"),
        pytest.param({"readinessProbe": {**ASKED, "initialDelaySeconds": 90}}, id="a probe that begins late"),
        pytest.param({"readinessProbe": {**ASKED, "successThreshold": 5}}, id="one that has to succeed five times"),
        pytest.param(
            {
                "startupProbe": {**ASKED, "initialDelaySeconds": 40},
                "readinessProbe": {**ASKED, "initialDelaySeconds": 5, "periodSeconds": 30},
            },
            id="one after the other",
        ),
    ],
)
def test_a_cluster_begins_with_pods_that_are_ready(probes):
    """However long the probes take until they say so."""
    origin = Origin(plan=Plan(nodes=[NodeSpec(name="n1", capacity=ROOM)]), objects=(pod(**probes),))
    (found,) = origin.boot(build_model()).store.list("Pod")

    assert is_pod_ready(found)
