"""Exhaustive searches of small clusters of StatefulSets, DaemonSets and autoscalers, and what a mutant is caught by."""

from __future__ import annotations

from functools import partial

import attrs
import pytest
from invariant_models.searches import Small
from invariant_models.sets import (
    AGENT_ROLLOUT,
    DAEMONS,
    DB,
    ORDERED,
    ROLLOUT,
    SHRINK,
    autoscaled,
    daemon_set,
    kill,
    outcomes,
    small,
    stateful_set,
)

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.autoscaling.horizontalpodautoscaler import HorizontalPodAutoscaler
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.apiserver.request import Verb
from kcore.client.view import View
from kcore.controllers.daemonset import DAEMONSET
from kcore.controllers.podautoscaler import HORIZONTALPODAUTOSCALER
from kcore.controllers.statefulset import STATEFULSET
from kcore.model import settle
from kcore.users.rollout import SetImage
from kcore.world.behavior import Behavior
from kcore.world.metrics import SOURCES, MetricsView

IDENTITY = ("pods-keep-their-identity", "one-pod-an-identity")
COMING, GOING, UPDATING = "pods-come-in-order", "pods-go-in-order", "updates-take-one-at-a-time"
PARTITION = "nothing-beyond-a-partition-is-updated"
NODE, COVERED, BUDGET = (
    "one-daemon-pod-a-node",
    "each-node-is-covered-when-settled",
    "daemon-updates-within-max-unavailable",
)
BOUNDS, REST = "autoscaled-sizes-within-bounds", "autoscalers-come-to-rest"
RUNNING = "at-most-one-running-pod-per-identity"

ROLLED = {"containerCrash": 1, "rollout": 1}


def killing(cluster, pod, grace=None):
    """The cluster in which a pod is killed once, besides."""
    acts = {**cluster.acts, "kill": kill(pod, grace)}
    return attrs.evolve(cluster, acts=acts, budget={**cluster.budget, "kill": 1})


SETS = [
    pytest.param(
        small(ORDERED, stateful_set(2), budget=ROLLED, acts=ROLLOUT),
        (*IDENTITY, COMING, UPDATING),
        (13, 13),
        id="a rollout of a StatefulSet, and the crash of a container",
    ),
    pytest.param(
        small(ORDERED, stateful_set(2), budget=ROLLED, acts=ROLLOUT, anywhere=True),
        (*IDENTITY, COMING, UPDATING),
        (963, 1818),
        id="both at any moment",
    ),
    pytest.param(
        killing(small(ORDERED, stateful_set(3), budget={"scale": 1}, acts=SHRINK), "db-0"),
        (*IDENTITY, GOING),
        (8, 8),
        id="a StatefulSet that shrinks, and the kill of its first pod",
    ),
    pytest.param(
        killing(small(ORDERED, stateful_set(2, partition=1), budget={"rollout": 1}, acts=ROLLOUT), "db-0"),
        (*IDENTITY, PARTITION),
        (9, 8),
        id="a rollout with a partition, and the kill of a pod below it",
    ),
    pytest.param(
        small(DAEMONS, daemon_set(), budget={"readinessLost": 1, "rollout": 1}, acts=AGENT_ROLLOUT),
        (NODE, COVERED, BUDGET),
        (13, 14),
        id="a rollout of a DaemonSet, and the loss of readiness",
    ),
]


@pytest.mark.parametrize(("cluster", "names", "counts"), SETS)
def test_what_is_said_of_sets_holds_in_all_states_of_a_small_cluster(cluster, names, counts, record_property):
    """Each is put to the test on the way, and the search is over."""
    said, coverage = outcomes(cluster, names)
    record_property("states", coverage.states)

    assert set(said.values()) == {"holds"}
    assert coverage.limit is None
    assert (coverage.states, coverage.transitions) == counts


def test_an_autoscaler_stays_within_its_bounds_and_comes_to_rest():
    """Whatever container crashes once on the way, and with more load than it may follow."""
    said, coverage = outcomes(autoscaled(HORIZONTALPODAUTOSCALER, 900, budget={"containerCrash": 1}), [BOUNDS, REST])

    assert set(said.values()) == {"holds"}
    assert coverage.limit is None


@pytest.mark.parametrize(
    ("grace", "outcome"),
    [
        pytest.param(0, "violated", id="one that is forced lets an identity run twice"),
        pytest.param(None, "holds", id="one that waits for the kubelet does not"),
    ],
)
def test_an_identity_runs_once_unless_a_deletion_is_forced(grace, outcome):
    """While its node is cut off, nobody can tell whether a pod still runs; who forces its end says that it does not."""
    patient = stateful_set(1)
    patient["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 30
    cluster = killing(small(ORDERED, patient, budget={"nodePartition": 1}), "db-0", grace)
    said, coverage = outcomes(cluster, [RUNNING, "one-pod-an-identity"])

    assert said[RUNNING] == outcome
    assert said["one-pod-an-identity"] == "holds"
    assert coverage.limit is None or outcome == "violated"


def test_a_broken_revision_waits_for_a_person():
    """A pod that never gets ready stops the rollout, also of the template that would mend it, until it is deleted."""
    bad = Behavior(image="db:bad", ready=False)
    cluster = Small(components=ORDERED, objects=(stateful_set(2),), behaviors=(bad,))
    model = cluster.model()
    state = cluster.start(model)

    def after(event):
        return settle(model, model.step(state, event).state).state

    def images():
        return [pod.spec.containers[0].image for pod in state.store.list("Pod", "default")]

    state = after(SetImage(target=DB, image="db:bad"))
    assert images() == ["db:v1", "db:bad"]
    state = after(SetImage(target=DB, image="db:v3"))
    assert images() == ["db:v1", "db:bad"]
    state = after(kill("db-1"))
    assert images() == ["db:v3", "db:v3"]


# Mutants: controllers that are wrong, each in one way


class Believing(View):
    """A view in which a workload is as `change` makes it."""

    __slots__ = ("_change",)

    def __init__(self, view, change):
        """See what `view` sees, but for those."""
        super().__init__(view._store, view._now, view.answers)
        self._change = change

    def get(self, key):
        """Return the object, changed if it is one of those."""
        found = super().get(key)
        known = isinstance(found, StatefulSet | DaemonSet)
        return evolve(found, spec=self._change(found.spec)) if known else found


def believing(component, change):
    """The controller that takes a spec for what `change` makes of it."""

    def reconcile(memory, view, key):
        return component.reconcile(memory, Believing(view, change), key)

    return attrs.evolve(component, reconcile=reconcile)


class Unbounded(MetricsView):
    """A view in which autoscalers allow a hundred pods."""

    __slots__ = ()

    def get(self, key):
        """Return the object, changed if it is an autoscaler."""
        found = super().get(key)
        known = isinstance(found, HorizontalPodAutoscaler)
        return evolve(found, spec=evolve(found.spec, max_replicas=100)) if known else found


def deleting(meant, done):
    """The StatefulSet controller that deletes one pod in the place of another."""

    def reconcile(memory, view, key):
        turn = STATEFULSET.reconcile(memory, view, key)
        calls = [
            evolve(call, request=evolve(call.request, key=call.request.key._replace(name=done)))
            if call.request.verb is Verb.DELETE and call.request.key.name == meant
            else call
            for call in turn.requests
        ]
        return evolve(turn, requests=tuple(calls))

    return attrs.evolve(STATEFULSET, reconcile=reconcile)


def writing(component, change):
    """The component whose creations of pods are as `change` makes them: none, one or several."""

    def reconcile(memory, view, key):
        turn = component.reconcile(memory, view, key)
        made = [call for call in turn.requests if call.request.verb is Verb.CREATE and call.request.key.kind == "Pod"]
        calls = [
            evolve(
                call, request=evolve(call.request, body=body, key=call.request.key._replace(name=body.metadata.name))
            )
            if call in made
            else call
            for call in turn.requests
            for body in (change(call.request.body) if call in made else (None,))
        ]
        return evolve(turn, requests=tuple(calls))

    return attrs.evolve(component, reconcile=reconcile)


def in_parallel(spec):
    return evolve(spec, pod_management_policy="Parallel")


def without_partition(spec):
    return evolve(spec, update_strategy=evolve(spec.update_strategy, rolling_update=None))


def all_at_once(spec):
    rolling = evolve(spec.update_strategy.rolling_update, max_unavailable="100%")
    return evolve(spec, update_strategy=evolve(spec.update_strategy, rolling_update=rolling))


def under_another_hostname(pod: Pod):
    return (evolve(pod, spec=evolve(pod.spec, hostname="db")),)


def under_another_name(pod: Pod):
    return (evolve(pod, metadata=evolve(pod.metadata, name=pod.metadata.name.replace("-1", "-00"))),)


def elsewhere(pod: Pod):
    return (evolve(pod, spec=evolve(pod.spec, affinity=None, node_name="n1")),)


def searched(mutant, *objects, **more):
    """A cluster in which the objects are made when the search begins, by the mutant and what it takes beside."""
    others = [one for one in (*ORDERED, DAEMONSET) if one.family != mutant.family]
    used = [one for one in others if one.family not in {STATEFULSET.family, DAEMONSET.family}]
    return Small(components=(mutant, *used), early=objects, named=("db", "agent"), **more)


MUTANTS = [
    pytest.param(
        COMING, searched(believing(STATEFULSET, in_parallel), stateful_set(2)), id="it makes all pods at once"
    ),
    pytest.param(
        GOING,
        attrs.evolve(searched(deleting("db-2", "db-1"), budget={"scale": 1}, acts=SHRINK), objects=(stateful_set(3),)),
        id="it takes the last pod but one first",
    ),
    pytest.param(
        UPDATING,
        attrs.evolve(
            searched(believing(STATEFULSET, in_parallel), budget={"readinessLost": 1, "rollout": 1}, acts=ROLLOUT),
            objects=(stateful_set(2),),
        ),
        id="it updates whatever else is not ready",
    ),
    pytest.param(
        BUDGET,
        attrs.evolve(
            searched(believing(DAEMONSET, all_at_once), budget={"rollout": 1}, acts=AGENT_ROLLOUT),
            objects=(daemon_set(),),
        ),
        id="it updates all nodes at once",
    ),
    pytest.param(
        BOUNDS,
        autoscaled(attrs.evolve(HORIZONTALPODAUTOSCALER, sees=partial(Unbounded, sources=SOURCES)), 900),
        id="it does not know of bounds",
    ),
    pytest.param(
        PARTITION,
        killing(
            attrs.evolve(
                searched(believing(STATEFULSET, without_partition), budget={"rollout": 1}, acts=ROLLOUT),
                objects=(stateful_set(2, partition=1),),
            ),
            "db-0",
        ),
        id="it does not know of partitions",
    ),
    pytest.param(
        "pods-keep-their-identity",
        searched(writing(STATEFULSET, under_another_hostname), stateful_set(1)),
        id="it gives pods another hostname",
    ),
    pytest.param(
        "one-pod-an-identity",
        searched(writing(STATEFULSET, under_another_name), stateful_set(2)),
        id="it gives two pods one ordinal",
    ),
    pytest.param(NODE, searched(writing(DAEMONSET, elsewhere), daemon_set()), id="it binds all pods to one node"),
]


@pytest.mark.parametrize(("name", "cluster"), MUTANTS)
def test_a_mutant_is_caught(name, cluster):
    """By the invariant that says what it does wrong."""
    said, _ = outcomes(cluster, [name], states=200)

    assert said[name] == "violated"
