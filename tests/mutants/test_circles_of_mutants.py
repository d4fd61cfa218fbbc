"""Circles, which no search of all states can count, as it takes their states for the same: runs show them."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from mutant_models.placing import PLACING, PLACING_CLUSTERS

from kcore.api.json import Json
from kcore.invariants.table import INVARIANTS
from kcore.machine import Culprits
from kcore.model import NodeSpec, Plan
from kcore.testing import Cluster, cluster_machine, violation_of
from kcore.users.patch import Cordon
from kcore.verify.trials import Trial, follow

LAW = INVARIANTS["no-ping-pong"].property
(EAGER,) = [one for one in PLACING if one.law == "evicted-pods-go-elsewhere"]
SMALL = PLACING_CLUSTERS[EAGER.small]
HALF_AN_HOUR = 1_800_000
SETTINGS = settings(
    max_examples=30,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def half_an_hour():
    """What half an hour of the small cluster comes to."""
    model = SMALL.model()
    wait = Trial(name="time passes", events=(Cordon(node="n2"),), lasts=HALF_AN_HOUR)
    course = follow(model, SMALL.start(model), wait, [])
    return next((found for one in course.moments if (found := LAW.holds(one.state)) is not True), True)


def test_pods_that_are_evicted_to_come_back_are_seen_in_a_run():
    """Four of one owner had to leave their node; with the right descheduler none has to."""
    right = half_an_hour()
    with EAGER.at_work():
        wrong = half_an_hour()

    assert right is True
    assert isinstance(wrong, Culprits)
    assert "pods of web had to leave n1 of late" in wrong.why


def test_hypothesis_sees_them_too():
    """In an example that it draws."""
    nodes = tuple(one if isinstance(one, NodeSpec) else NodeSpec(name=one, capacity=SMALL.room) for one in SMALL.nodes)
    cluster = Cluster(plan=Plan(nodes=nodes), objects=tuple(map(Json.of, SMALL.objects)), settled=True)
    with EAGER.at_work():
        waits = (HALF_AN_HOUR,)
        machine = cluster_machine(cluster, laws=[LAW], components=SMALL.components, settings=SETTINGS, waits=waits)
        violation = violation_of(machine, SETTINGS)

    assert violation is not None
    assert violation.property_name == "no-ping-pong"
