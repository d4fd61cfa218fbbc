"""Words: what happened, in the words of a person, and the command that does it where a person could.

Models a sentence for each event that is a fault or an act, and a line for each change of an object that people watch:
pods, nodes and workloads. Moves of which nothing comes have no words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kcore.api.apps.deployment import Deployment
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.quantity import Quantity
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.cluster.target import Target
from kcore.faults.api_server_down import ApiServerStarted, ApiServerStopped
from kcore.faults.component_restarted import ComponentRestarted
from kcore.faults.container_crash import ContainerCrash
from kcore.faults.disk_full import DiskCleared, DiskFilled
from kcore.faults.dns_down import DnsStarted, DnsStopped
from kcore.faults.etcd_member_lost import EtcdMemberBack, EtcdMemberLost
from kcore.faults.health_check_late import HealthChecksLate, HealthChecksResumed
from kcore.faults.kube_proxy_stale import KubeProxyRefreshed, KubeProxyStalled
from kcore.faults.kubelet_stopped import KubeletStarted, KubeletStopped
from kcore.faults.leader_moved import LeaderMoved
from kcore.faults.machine_lost import MachineLost
from kcore.faults.master_lost import MasterLost
from kcore.faults.memory_pressure import MemoryFreed, MemoryTaken
from kcore.faults.network_partition import NetworkMended, NetworkPartitioned
from kcore.faults.node_cut_off import NodeCutOff, NodeReconnected
from kcore.faults.node_shutdown import NodeShutDown
from kcore.faults.pod_deleted import PodDeleted, PodForceDeleted
from kcore.faults.probe_flapping import ProbesFlapping, ProbesSteady
from kcore.faults.readiness_lost import ReadinessLost, ReadinessRegained
from kcore.faults.slow_start import StartsSlowed, StartsUsual
from kcore.faults.webhook_down import WebhookDown, WebhookUp
from kcore.faults.zone_lost import ZoneLost
from kcore.model.model import Event
from kcore.users.autoscale import Autoscale
from kcore.users.create_job import CreateJob
from kcore.users.delete import Delete, Evict
from kcore.users.drain import Drain
from kcore.users.load import LoadSet
from kcore.users.look_up import NameLookedUp
from kcore.users.patch import Cordon, Scale
from kcore.users.rollout import RolloutPause, RolloutRestart, RolloutResume, SetImage
from kcore.users.undo import RolloutUndo


def event_words(event: Event) -> str:
    """Return what a fault or an act is in words, "" for what the cluster does of itself."""
    said = _FAULTS.get(type(event))
    if said is not None:
        return said(event)
    command = kubectl(event)
    if command:
        return f"somebody runs `{command}`"
    return "" if type(event).__module__.startswith("kcore.cluster") else f"{type(event).__name__}: {event}"


def kubectl(event: Event) -> str:
    """Return the command by which a person does what the event is, "" where nobody can."""
    said = _COMMANDS.get(type(event))
    return "" if said is None else said(event)


def change_words(change: Change) -> Iterator[str]:
    """Yield what a change of an object means to a person, nothing where it means nothing."""
    old, new = change.old, change.new
    said = _CHANGES.get(change.key.kind)
    if said is not None:
        yield from (f"{change.key.kind} {change.key.name} {text}" for text in said(old, new))


def changes_between(before: Store, after: Store) -> tuple[Change, ...]:
    """Return the changes that made one store of the other, none where they are forgotten."""
    return tuple(after.changes_since(before.revision) or ()) if after is not before else ()


def _pod(old: ApiObject | None, new: ApiObject | None) -> Iterator[str]:
    """Yield what became of a pod."""
    before = old if isinstance(old, Pod) else None
    now = new if isinstance(new, Pod) else None
    if now is None:
        yield "is gone"
        return
    if before is None:
        yield "is created"
    if now.spec.node_name and (before is None or not before.spec.node_name):
        yield f"is bound to {now.spec.node_name}"
    if now.metadata.deletion_timestamp is not None and (before is None or before.metadata.deletion_timestamp is None):
        yield f"is being deleted{_reason(now)}"
    if now.status.phase == "Failed" and (before is None or before.status.phase != "Failed"):
        yield f"has failed: {now.status.reason}" if now.status.reason else "has failed"
    was, is_ready = _ready(before), _ready(now)
    if was != is_ready and (is_ready or before is not None):
        yield "is ready" if is_ready else "is not ready any more"


def _reason(pod: Pod) -> str:
    """Return why a pod is disrupted, as its condition says."""
    reasons = [one.reason for one in pod.status.conditions if one.type == "DisruptionTarget" and one.status == "True"]
    return f" ({reasons[0]})" if reasons and reasons[0] else ""


def _ready(pod: Pod | None) -> bool:
    return pod is not None and any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions)


def _node(old: ApiObject | None, new: ApiObject | None) -> Iterator[str]:
    if not isinstance(new, Node):
        yield "is gone"
        return
    before = old if isinstance(old, Node) else None
    if before is None:
        yield "joins"
        return
    if before.spec.unschedulable != new.spec.unschedulable:
        yield "is cordoned" if new.spec.unschedulable else "is uncordoned"
    was, now = (next((c.status for c in n.status.conditions if c.type == "Ready"), "") for n in (before, new))
    yield from _pressures(before, new)
    if was != now:
        yield "is ready again" if now == "True" else "is noticed to be down: not ready, its status unknown"


def _pressures(old: Node, new: Node) -> Iterator[str]:
    """Yield what a node runs out of, and what it does not any more."""
    was, now = ({one.type for one in each.status.conditions if one.status == "True"} for each in (old, new))
    for name in ("MemoryPressure", "DiskPressure", "PIDPressure"):
        if (name in was) is not (name in now):
            yield f"has {name}" if name in now else f"has no {name} any more"


def _workload(old: ApiObject | None, new: ApiObject | None) -> Iterator[str]:
    if not isinstance(new, Deployment | StatefulSet) or not isinstance(old, Deployment | StatefulSet):
        return
    if old.spec.replicas != new.spec.replicas:
        yield f"is scaled from {old.spec.replicas} to {new.spec.replicas}"
    if isinstance(old, Deployment) and isinstance(new, Deployment):
        was, now = (next((c.reason for c in d.status.conditions if c.type == "Progressing"), "") for d in (old, new))
        if was != now and now == "ProgressDeadlineExceeded":
            yield "has exceeded its progress deadline"


_CHANGES: Mapping[str, Callable[[ApiObject | None, ApiObject | None], Iterator[str]]] = {
    "Pod": _pod,
    "Node": _node,
    "Deployment": _workload,
    "StatefulSet": _workload,
}


def _of(target: Target) -> str:
    """Return how kubectl names an object."""
    namespace = f" -n {target.namespace}" if target.namespace not in ("", "default") else ""
    if target.name:
        return f"{target.kind.lower()}/{target.name}{namespace}"
    return f"{target.kind.lower()} -l {target.selector}{namespace}"


def _drain(event: Drain) -> str:
    accepted = event.overrides
    flags = {
        "--ignore-daemonsets": accepted.ignore_daemonsets,
        "--delete-emptydir-data": accepted.delete_emptydir_data,
        "--force": accepted.force,
    }
    return " ".join(["kubectl drain", event.node, *(flag for flag, given in flags.items() if given)])


def _delete(event: Delete) -> str:
    grace = event.grace_period_seconds
    flags = "" if grace is None else f" --grace-period={grace}" + (" --force" if grace == 0 else "")
    cascade = f" --cascade={event.propagation_policy.lower()}" if event.propagation_policy else ""
    return f"kubectl delete {_of(event.target)}{flags}{cascade}"


def _autoscale(event: Autoscale) -> str:
    flags = {"min": event.least, "max": event.most, "cpu": event.cpu, "memory": event.memory, "name": event.name}
    given = (f"--{flag}={value}" for flag, value in flags.items() if value)
    return " ".join([f"kubectl autoscale {_of(event.target)}", *given])


def _create_job(event: CreateJob) -> str:
    namespace = f" -n {event.namespace}" if event.namespace != "default" else ""
    return f"kubectl create job {event.name} --from=cronjob/{event.cron_job}{namespace}"


_COMMANDS: Mapping[type, Callable[[Any], str]] = {
    SetImage: lambda e: f"kubectl set image {_of(e.target)} {e.container or '*'}={e.image}",
    RolloutRestart: lambda e: f"kubectl rollout restart {_of(e.target)}",
    RolloutPause: lambda e: f"kubectl rollout pause {_of(e.target)}",
    RolloutResume: lambda e: f"kubectl rollout resume {_of(e.target)}",
    RolloutUndo: lambda e: f"kubectl rollout undo {_of(e.target)}",
    Scale: lambda e: f"kubectl scale {_of(e.target)} --replicas={e.replicas}",
    Cordon: lambda e: f"kubectl {'cordon' if e.unschedulable else 'uncordon'} {e.node}",
    Drain: _drain,
    Delete: _delete,
    Autoscale: _autoscale,
    CreateJob: _create_job,
    Evict: lambda e: f"kubectl evict {_of(e.target)}",
    PodDeleted: lambda e: f"kubectl delete {_of(e.pod)}",
    PodForceDeleted: lambda e: f"kubectl delete {_of(e.pod)} --grace-period=0 --force",
}

_FAULTS: Mapping[type, Callable[[Any], str]] = {
    MachineLost: lambda e: f"{e.node} loses its power: nothing runs on it any more",
    ZoneLost: lambda e: f"the zone {e.zone} loses its power: nothing runs in it any more",
    DnsStopped: lambda _: "no DNS server answers: nobody finds a name",
    DnsStarted: lambda _: "the DNS servers answer again",
    WebhookDown: lambda e: f"the webhook {e.webhook} hangs: nobody answers for it",
    WebhookUp: lambda e: f"the webhook {e.webhook} answers again",
    KubeProxyStalled: lambda e: f"the kube-proxy of {e.node} hears of nothing more, and {e.node} routes as before",
    KubeProxyRefreshed: lambda e: f"the kube-proxy of {e.node} hears again",
    NetworkPartitioned: lambda e: (
        f"{', '.join(e.one)} and {', '.join(e.other) or 'all others'} do not reach each other, and all are Ready"
    ),
    NetworkMended: lambda _: "all machines reach each other again",
    HealthChecksLate: lambda _: "the load balancer hears of no health checks, and takes nodes for what they were",
    HealthChecksResumed: lambda _: "the load balancer hears of health checks again",
    NodeCutOff: lambda e: f"{e.node} is cut off: its containers run on, and nobody hears of it",
    NodeReconnected: lambda e: f"{e.node} has its link again",
    KubeletStopped: lambda e: f"the kubelet of {e.node} stops",
    KubeletStarted: lambda e: f"the kubelet of {e.node} starts",
    NodeShutDown: lambda e: f"{e.node} is told to shut down",
    MemoryTaken: lambda e: f"something that is no pod takes the memory of {e.node}",
    MemoryFreed: lambda e: f"the memory of {e.node} is free again",
    DiskFilled: lambda e: f"something that is no pod fills the disk of {e.node}",
    DiskCleared: lambda e: f"the disk of {e.node} has room again",
    StartsSlowed: lambda e: f"what starts on {e.node} from now on is slow to answer",
    StartsUsual: lambda e: f"what starts on {e.node} answers as soon as usual",
    ProbesFlapping: lambda e: f"the readiness of {e.pod} comes and goes",
    ProbesSteady: lambda e: f"the readiness of {e.pod} is steady again",
    ContainerCrash: lambda e: f"the containers of {e.pod} crash",
    ReadinessLost: lambda e: f"{e.pod} stops being ready",
    ReadinessRegained: lambda e: f"{e.pod} is ready again",
    ComponentRestarted: lambda e: f"{e.family} on {e.instance} crashes and starts again",
    LeaderMoved: lambda e: f"{e.master} takes over as the leader of {e.family}",
    MasterLost: lambda e: f"the master {e.master} loses its power",
    ApiServerStopped: lambda e: f"the API server of {e.master} stops answering",
    ApiServerStarted: lambda e: f"the API server of {e.master} answers again",
    EtcdMemberLost: lambda e: f"the member of etcd on {e.master} is down",
    EtcdMemberBack: lambda e: f"the member of etcd on {e.master} is up again",
    NameLookedUp: lambda e: f"a program in {e.pod} asks for the name {e.name}",
    LoadSet: lambda e: f"{e.load} is {Quantity.of_milli(e.milli)} from now on",
}


def object_name(key: ObjectKey) -> str:
    """Return "Service web", or "Service shop/web" outside of the default namespace."""
    namespace = f"{key.namespace}/" if key.namespace not in ("", "default") else ""
    return f"{key.kind} {namespace}{key.name}"
