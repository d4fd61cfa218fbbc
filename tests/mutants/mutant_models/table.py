"""The table of mutants."""

from __future__ import annotations

import sys

from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.apiserver import commit as writing
from kcore.apiserver import deletion, store
from kcore.apiserver.allocation import Allocator, Range
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.validation import podstatus
from kcore.apiserver.verbs import eviction
from kcore.client.turn import Turn
from kcore.controllers.deployment import progress, recreate, replicas, rolling, rollout, sync, template
from kcore.controllers.disruption import budget
from kcore.controllers.endpointslice import endpoints, endpointslice, reconciler
from kcore.controllers.garbagecollector import garbagecollector
from kcore.controllers.replicaset import replica_set
from kcore.kubelet import lifecycle, status
from kcore.reconcile import census, opening, ownership
from kcore.scheduler.plugins import node_affinity, node_ports, node_resources_fit, node_unschedulable, taint_toleration
from kcore.world import world
from mutant_models.mutant import after, always, instead, mutant

KUBELET = sys.modules["kcore.kubelet.kubelet"]
"""The module, which its package hides behind the function of its name."""

ROLLOUT = "a rollout of two pods"
PERCENT = "a rollout of three pods in percent"
LATE = "a ReplicaSet seen late"
TWO = "a ReplicaSet of two"
ENDING = "a Service of pods that end"
EVICTION = "an eviction"


def one_more(number):
    """One more than is right."""
    return number + 1


def the_other_way(right):
    """Percentages rounded the wrong way."""
    return lambda value, total, *, round_up: right(value, total, round_up=not round_up)


def all_pods(replica_sets):
    """All pods, available or not."""
    return sum(one.status.replicas for one in replica_sets)


def only_new(right):
    """A status that leaves the old ReplicaSets out."""
    return lambda view, found: right(view, evolve(found, old=()))


def ahead(status):
    """A status that has observed a generation which is yet to come."""
    return evolve(status, observed_generation=status.observed_generation + 1)


def without_noticing(right):
    """An event handler that does not see readiness change."""
    return lambda old, new: right(old, new) if old.status.pod_ips != new.status.pod_ips else False


def without_release(right):
    """A look at the object instead of its release."""
    return lambda owner, obj: Request(verb=Verb.GET, key=key_of(obj))


def has_address(pod):
    """Whether a pod has an address, at its end or not."""
    return bool(pod.status.pod_ips)


def first_address(prefix, handed_out, taken):
    """The first address of a node, taken or not."""
    return f"{prefix}2", handed_out + 1


def the_last(addresses, count):
    """The last address of a range, whichever is asked for."""
    return addresses.last


def stamped_late(right):
    """An object that says the version before its own."""
    return lambda obj, revision: right(obj, revision - 1)


def taking_nothing(right):
    """A budget from which nothing is taken."""
    return lambda budget, pod, now: budget


def ready_or_not(right):
    """The stage of a pod that is to run for ever, ended or not."""
    return lambda pod, sandbox: lifecycle.Stage.SYNC if pod.metadata.deletion_timestamp is None else right(pod, sandbox)


def reviving(right):
    """A plan that starts anew what has ended for good."""

    def plan(pod, *given):
        found = right(pod, *given)
        again = tuple(lifecycle._start(pod, spec, given[-1]) for spec in pod.spec.containers)
        return evolve(found, over=False, starts=again) if found.over else found

    return plan


REVIVING = (
    (KUBELET, "plan_of", reviving),
    (KUBELET, "stage_of", ready_or_not),
    (KUBELET, "TERMINAL", instead(frozenset())),
    (podstatus, "_transitions", always(())),
)
"""A kubelet that does not know of ends, and an API server that does not mind."""

MUTANTS = (
    mutant(
        "surge is off by one",
        "replicas-within-surge",
        ROLLOUT,
        replicas,
        "scaled_value",
        lambda right: lambda *a, round_up: right(*a, round_up=round_up) + round_up,
    ),
    mutant(
        "percentages are rounded the wrong way",
        "rollouts-keep-available",
        PERCENT,
        replicas,
        "scaled_value",
        the_other_way,
    ),
    mutant(
        "maxUnavailable is off by one", "rollouts-keep-available", ROLLOUT, rolling, "max_unavailable", after(one_more)
    ),
    mutant(
        "pods that are not available count as available",
        "rollouts-keep-available",
        "a rollout to pods that never get ready",
        (rolling, "available", instead(all_pods)),
        (rolling, "most_scaled_down", after(one_more)),
    ),
    mutant(
        "a rollout recreates at once",
        "replicas-within-surge",
        "a rollout that recreates",
        (recreate, "active", always(())),
        (recreate, "old_pods_running", always(False)),
    ),
    mutant(
        "the new ReplicaSet is never recognized",
        "one-replicaset-a-template",
        "a Deployment that is made",
        (rollout, "equal_ignore_hash", always(False)),
        (template, "equal_ignore_hash", always(False)),
    ),
    mutant(
        "the revision stays behind",
        "newest-revision-is-current-when-settled",
        "a rollout and back",
        rollout,
        "max_revision",
        always(0),
    ),
    mutant(
        "the status leaves old ReplicaSets out",
        "deployment-status-sums-when-settled",
        "a rollout that nobody schedules",
        progress,
        "calculate_status",
        only_new,
    ),
    mutant(
        "the status lies about its generation",
        "status-not-ahead",
        "a Deployment that is scaled",
        sync,
        "calculate_status",
        after(ahead),
    ),
    mutant("a ReplicaSet makes one pod too many", "pods-within-replicas", TWO, replica_set, "desired", after(one_more)),
    mutant(
        "a slow start starts twice",
        "pods-within-replicas",
        TWO,
        replica_set,
        "slow_start",
        lambda right: lambda count, *more: right(2 * count, *more),
    ),
    mutant(
        "expectations are ignored",
        "pods-within-replicas",
        LATE,
        (replica_set, "satisfied", always(True)),
        (opening, "caught_up", always(True)),
    ),
    mutant(
        "an unready pod counts as ready",
        "replicaset-status-counts-when-settled",
        TWO,
        census,
        "is_pod_ready",
        always(True),
    ),
    mutant(
        "a pod that leaves counts as a replica",
        "replicas-as-wanted-when-settled",
        TWO,
        census,
        "is_pod_active",
        always(True),
    ),
    mutant(
        "a ReplicaSet keeps what it does not select",
        "replicas-are-selected-when-settled",
        "a ReplicaSet and a pod that changes its label",
        ownership,
        "release",
        without_release,
    ),
    mutant(
        "an unready endpoint is ready", "slices-hold-pods-when-settled", ENDING, endpoints, "is_pod_ready", always(True)
    ),
    mutant(
        "pods at their end stay endpoints",
        "slices-hold-pods-when-settled",
        ENDING,
        reconciler,
        "should_pod_be_in_endpoints",
        instead(has_address),
    ),
    mutant(
        "readiness that is lost goes unnoticed",
        "slices-hold-pods-when-settled",
        ENDING,
        endpointslice,
        "_is_other_endpoint",
        without_noticing,
    ),
    mutant(
        "a Service takes all pods",
        "slices-hold-pods-when-settled",
        "a Service of some pods",
        endpointslice,
        "from_set",
        lambda right: lambda labels: right({}),
    ),
    mutant(
        "the scheduler ignores resources",
        "bound-within-allocatable",
        "two pods for a node of one CPU",
        node_resources_fit,
        "shortages",
        always(()),
    ),
    mutant(
        "the scheduler ignores host ports",
        "host-ports-unique",
        "two pods for one port",
        node_ports,
        "conflict",
        always(False),
    ),
    mutant(
        "the scheduler ignores a cordon",
        "bound-where-allowed",
        "a pod after a cordon",
        node_unschedulable,
        "untolerated",
        always(None),
    ),
    mutant(
        "the scheduler ignores taints",
        "bound-where-allowed",
        "a tainted node",
        taint_toleration,
        "untolerated",
        always(None),
    ),
    mutant(
        "the scheduler ignores node selectors",
        "bound-where-allowed",
        "a node that is not selected",
        node_affinity,
        "matches_node_affinity",
        always(True),
    ),
    mutant("a kubelet starts again what has ended for good", "ended-containers-stay-ended", "pods that end", *REVIVING),
    mutant(
        "a pod that has ended lives again",
        "phases-in-table",
        "pods that end",
        *REVIVING,
        (status, "TERMINAL", instead(frozenset())),
    ),
    mutant(
        "an address is given twice",
        "addresses-unique",
        "two pods on a node",
        world,
        "free_address",
        instead(first_address),
    ),
    mutant(
        "a pod is deleted without its grace",
        "pods-go-gracefully",
        "a pod that is deleted",
        deletion,
        "_ends_gracefully",
        always(None),
    ),
    mutant(
        "finalizers are forgotten", "finalizers-hold", "something with a finalizer", deletion, "_finalizers", always(())
    ),
    mutant("objects say the version before theirs", "revisions-grow", ROLLOUT, store, "_stamped", stamped_late),
    mutant(
        "generations are not counted",
        "generations-grow",
        "a Deployment that is scaled",
        writing,
        "_desire_differs",
        always(False),
    ),
    mutant(
        "a cluster IP is given twice",
        "service-addresses-unique",
        "two Services",
        (Allocator, "_grant", always(True)),
        (Range, "nth", instead(the_last)),
    ),
    mutant(
        "the collector leaves dependents",
        "nothing-left-behind-when-settled",
        "an owner that is deleted",
        garbagecollector,
        "_attempt_to_delete",
        always(Turn()),
    ),
    mutant(
        "an eviction takes nothing from its budget",
        "evictions-are-paid",
        EVICTION,
        eviction,
        "take_disruption",
        taking_nothing,
    ),
    mutant(
        "a budget counts unready pods as healthy",
        "budget-counts-when-settled",
        EVICTION,
        budget,
        "is_pod_ready",
        always(True),
    ),
    mutant(
        "a budget rounds the wrong way",
        "budget-counts-when-settled",
        "a budget in percent",
        budget,
        "scaled_value",
        the_other_way,
    ),
)
"""One row a mutant: what is wrong, the law that catches it, the cluster that shows it, what is replaced by what."""
