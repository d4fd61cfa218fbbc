"""Small clusters of one workload each, to be searched exhaustively, and when a workload is whole."""

from __future__ import annotations

from invariant_models.searches import LEAN, Small, deployment, web
from invariant_models.sets import AGENT_ROLLOUT, DAEMONS, DB, ORDERED, ROLLOUT, daemon_set, stateful_set
from kcore.cluster.timing import Timing
from kcore.controllers.attachdetach import ATTACHDETACH
from kcore.controllers.csi import CSI_ATTACHER, CSI_PROVISIONER
from kcore.controllers.job import JOB
from kcore.controllers.persistentvolume import PERSISTENTVOLUME
from kcore.controllers.pvcprotection import PVCPROTECTION
from kcore.controllers.pvprotection import PVPROTECTION
from kcore.controllers.replicaset import REPLICASET
from kcore.invariants.table import laws_under
from kcore.kubelet import KUBELET
from kcore.machine import Culprits, leads_to
from kcore.scheduler import SCHEDULER
from kcore.users.patch import Scale
from kcore.users.rollout import SetImage
from kcore.world.behavior import Behavior

STORAGE = (PERSISTENTVOLUME, PVCPROTECTION, PVPROTECTION, ATTACHDETACH, CSI_PROVISIONER, CSI_ATTACHER)
DRIVER = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "CSIDriver",
    "metadata": {"name": "disk.example.com"},
    "spec": {"attachRequired": True},
}
CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "std", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": "disk.example.com",
}
AT_ONCE = {"terminationGracePeriodSeconds": 0}
ENDS = Behavior(image="task", exit_code=0, after=1_000)
WEB_ROLLOUT = {"rollout": SetImage(target=web(), image="app:v2")}


def template(image="app:v1", **spec):
    """A template of pods that stop at once."""
    return {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": image}], **AT_ONCE, **spec},
    }


def replica_set(replicas):
    """The ReplicaSet web."""
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template()}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web"}, "spec": spec}


def job(**spec):
    """The Job task, whose pods succeed after a second."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "task"}], **AT_ONCE}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "task"},
        "spec": {"template": {"spec": pod}, **spec},
    }


def of_deployment(replicas, budget, **more):
    """A Deployment that may be rolled out."""
    return Small(
        components=LEAN[:2] + LEAN[3:],
        objects=(deployment(replicas, template=template()),),
        acts=WEB_ROLLOUT if "rollout" in budget else {},
        budget=budget,
        **more,
    )


def of_replica_set(replicas, budget, **more):
    """A ReplicaSet of its own."""
    return Small(components=(REPLICASET, SCHEDULER, KUBELET), objects=(replica_set(replicas),), budget=budget, **more)


def of_stateful_set(replicas, budget, **more):
    """A StatefulSet that may be rolled out."""
    acts = ROLLOUT if "rollout" in budget else {}
    return Small(components=ORDERED, objects=(stateful_set(replicas),), acts=acts, budget=budget, named=("db",), **more)


def of_daemon_set(budget, **more):
    """A DaemonSet on two nodes that may be rolled out."""
    acts = AGENT_ROLLOUT if "rollout" in budget else {}
    return Small(components=DAEMONS, objects=(daemon_set(),), acts=acts, budget=budget, named=("agent",), **more)


def patient(wire):
    """A workload whose pods are given half a minute to stop."""
    spec = wire["spec"]["template"]["spec"]
    template = {**wire["spec"]["template"], "spec": {**spec, "terminationGracePeriodSeconds": 30}}
    return {**wire, "spec": {**wire["spec"], "template": template}}


def of_claims(budget, *, policy=None, **more):
    """A StatefulSet of two with a claim each, on storage that is made for it, and that may shrink and grow again."""
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    wire = stateful_set(2)
    wire["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": claim}]
    if policy is not None:
        wire["spec"]["persistentVolumeClaimRetentionPolicy"] = policy
    acts = {name: Scale(target=DB, replicas=size) for name, size in (("down", 1), ("up", 2)) if name in budget}
    return Small(
        components=(*STORAGE, *ORDERED), objects=(DRIVER, CLASS, wire), acts=acts, budget=budget, named=("db",), **more
    )


def of_job(budget, *, spec, **more):
    """A Job that has just been made."""
    return Small(components=(JOB, SCHEDULER, KUBELET), early=(job(**spec),), behaviors=(ENDS,), budget=budget, **more)


def unfinished(state):
    """Why a workload of the cluster is not whole: as many pods as it wants, new and ready; "" where it is."""
    for kind, why_not in _LACKING.items():
        for one in state.store.list(kind):
            why = "" if one.metadata.controller else why_not(one)
            if why:
                return f"{kind} {one.metadata.name}: {why}"
    return ""


def _deployment(one):
    wanted, status = one.spec.replicas, one.status
    numbers = (status.replicas, status.updated_replicas, status.available_replicas)
    return "" if set(numbers) == {wanted} else f"{numbers} of {wanted}"


def _replica_set(one):
    numbers = (one.status.replicas, one.status.available_replicas)
    return "" if set(numbers) == {one.spec.replicas} else f"{numbers} of {one.spec.replicas}"


def _stateful_set(one):
    wanted, status = one.spec.replicas, one.status
    numbers = (status.replicas, status.ready_replicas, status.updated_replicas or wanted)
    current = status.current_revision == status.update_revision
    return "" if set(numbers) == {wanted} and current else f"{numbers} of {wanted}, of one revision: {current}"


def _daemon_set(one):
    wanted, status = one.status.desired_number_scheduled, one.status
    numbers = (status.current_number_scheduled, status.number_ready, status.updated_number_scheduled)
    return "" if set(numbers) == {wanted} else f"{numbers} of {wanted}"


def _job(one):
    ends = {each.type for each in one.status.conditions if each.status == "True"}
    return "" if "Complete" in ends else f"it has {sorted(ends)}"


_LACKING = {
    "Deployment": _deployment,
    "ReplicaSet": _replica_set,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "Job": _job,
}

WHOLE = "a workload is whole in the end, whenever faults stop"


def lacking(state):
    """Whether a workload is not whole."""
    return bool(unfinished(state))


def whole(state):
    """Whether all workloads are whole, and if not, why."""
    why = unfinished(state)
    return Culprits(why) if why else True


def asked():
    """All laws of prompt runs, and that each run in which a workload is not whole comes to a state where it is.

    Faults and people need not act though they may: a run in which they do not is fair.
    """
    return [*(one.property for one in laws_under(Timing.PROMPT)), leads_to(WHOLE, lacking, whole)]
