"""The mutants of those who notice that a machine is lost and give its pods up, and the clusters that show them."""

from __future__ import annotations

import sys

from invariant_models.searches import Small

from kcore.client.turn import Turn
from kcore.cluster.target import Target
from kcore.controllers.nodelifecycle import NODELIFECYCLE, no_execute
from kcore.controllers.podgc import PODGC, gc_controller
from kcore.controllers.tainteviction import TAINTEVICTION
from kcore.users.delete import Delete
from mutant_models.clusters import PLACED, RUN, pod, replica_set
from mutant_models.mutant import always, instead, mutant

TAINT_EVICTION = sys.modules["kcore.controllers.tainteviction.taint_eviction"]
LOST = "a pod whose machine is lost"
GONE = "a pod whose node is deleted"


def nobody_tainted(_view, _name):
    """A program that is done with a node and leaves it as it is."""
    return no_execute.Outcome(done=True)
    yield


def nobody_deleted(_key, _view):
    """A program that says that a pod is deleted and does nothing."""
    return True
    yield


HEALING_CLUSTERS = {
    LOST: Small(
        components=(*RUN, NODELIFECYCLE, TAINTEVICTION, PODGC), objects=(replica_set(1),), budget={"nodeCrash": 1}
    ),
    GONE: Small(
        components=(*PLACED, PODGC),
        objects=(pod("p"),),
        nodes=("n1",),
        acts={"delete": Delete(target=Target(kind="Node", namespace="", name="n1"))},
        budget={"delete": 1, "nodeCrash": 1},
    ),
}

HEALING = (
    mutant(
        "a lost node is never tainted", "all-workloads-available", LOST, no_execute, "_taint", instead(nobody_tainted)
    ),
    mutant(
        "the pods of a tainted node are never deleted",
        "all-workloads-available",
        LOST,
        TAINT_EVICTION,
        "_add_condition_and_delete",
        instead(nobody_deleted),
    ),
    mutant(
        "the pods of a node that is gone stay",
        "nothing-stays-bound-to-a-missing-node",
        GONE,
        gc_controller,
        "_gc_orphaned",
        always(Turn()),
    ),
)
"""One row a mutant, as in the table."""
