"""The mutants that do not check what they should: whose a pod is, whether it is bound, which version was meant."""

from __future__ import annotations

from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.apiserver.validation import meta
from kcore.apiserver.verbs import binding, update
from kcore.client.turn import Turn
from kcore.controllers.podgc import gc_controller
from kcore.controllers.replicaset import replica_set
from kcore.reconcile.census import count
from mutant_models.mutant import after, always, instead, mutant


def by_name(view, uid):
    """The counts of the pods whose controller has the name of the ReplicaSet of that uid."""
    names = {one.metadata.name for one in view.list("ReplicaSet") if one.metadata.uid == uid}
    pods = (one for one in view.list("Pod") if isinstance(one, Pod) and one.metadata.controller)
    return count(one for one in pods if one.metadata.controller.name in names)


def undeleted(metadata):
    """The metadata of an object that nobody deletes."""
    return evolve(metadata, deletion_timestamp=None, deletion_grace_period_seconds=None)


MUTABLE = tuple(one for one in meta._IMMUTABLE if not one.startswith("deletion"))

UNCHECKED = (
    mutant(
        "a pod counts for an owner of the name and another uid",
        "replicas-as-wanted-when-settled",
        "a ReplicaSet and a pod of another of its name",
        replica_set,
        "controlled",
        instead(by_name),
    ),
    mutant(
        "a pod is bound though it was",
        "bound-once",
        "two schedulers",
        binding,
        "_impossible",
        always(""),
    ),
    mutant(
        "an update from an old version is written",
        "what-is-asked-of-deployments-stays",
        "a Deployment that two people edit",
        update,
        "outdated",
        always(None),
    ),
    mutant(
        "pods of a node that is gone stay",
        "nothing-stays-bound-to-a-missing-node",
        "a node that is removed",
        gc_controller,
        "_gc_orphaned",
        always(Turn()),
    ),
    mutant(
        "an update calls a deletion off",
        "deletion-is-final",
        "a pod that gets a label as it leaves",
        (update, "for_update", after(undeleted)),
        (meta, "_IMMUTABLE", instead(MUTABLE)),
    ),
)
"""One row a mutant, as in the table of the others."""
