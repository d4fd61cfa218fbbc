"""What of the notes of a turn is an event upstream, whose it is, and how it is worded.

Models the notes of controllers and of the scheduler that stand for a call of upstream's recorder: a note is called
after its controller and its reason, and names its object.

Not modelled: the events of load balancers and of nodes about themselves.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/client-go/tools/record/event.go
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import attrs

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.pod import Pod
from kcore.api.core.references import ObjectReference
from kcore.api.kinds import Kind, by_name, class_kind, key_kind
from kcore.api.object import ApiObject, ObjectKey, OpaqueObject
from kcore.apiserver.store import Store
from kcore.client.component import ComponentKey
from kcore.client.record.event import NORMAL, WARNING, Occurrence
from kcore.machine import Note
from kcore.reconcile.storage import users_of

Fields: TypeAlias = Mapping[str, Any]


class Sight(NamedTuple):
    """The store `after` a step and `before` it: what is gone since can still be told of."""

    after: Store
    before: Store

    def find(self, key: ObjectKey) -> ApiObject | None:
        """Return the object at `key`, None where there is and was none."""
        return self.after.get(key) or self.before.get(key)


Tell: TypeAlias = Callable[[ComponentKey, Fields, Sight], Iterator[Occurrence]]
"""Yields what a note of a process is told as."""


@attrs.frozen(kw_only=True)
class Source:
    """Who tells: the `component` of the event; `about` is the field of the note that names the object.

    The `warnings` are the reasons whose type the note does not say. `worded` makes the message of reason and fields.
    """

    component: str
    about: str
    warnings: frozenset[str] = frozenset()
    worded: Callable[[str, Fields], str] = lambda _, fields: str(fields.get("message", ""))


def occurrences(name: ComponentKey, notes: Iterable[Note], sight: Sight) -> Iterator[Occurrence]:
    """Yield what the process `name` tells of with `notes`; `sight` has the objects that they name."""
    for note in notes:
        family, _, reason = note.name.partition(".")
        source, fields = _SOURCES.get(family), dict(note.fields)
        if note.name in _OF_THEIR_OWN:
            yield from _OF_THEIR_OWN[note.name](name, fields, sight)
        elif source is not None and reason[:1].isupper() and source.about in fields:
            yield _of_controller(name, source, reason, fields, sight)


def _of_controller(name: ComponentKey, source: Source, reason: str, fields: Fields, sight: Sight) -> Occurrence:
    return Occurrence(
        component=source.component,
        host=name.instance if source.component == KUBELET else "",
        about=reference(str(fields[source.about]), sight),
        reason=reason,
        message=source.worded(reason, fields),
        type=str(fields.get("type") or (WARNING if reason in source.warnings else NORMAL)),
    )


def reference(named: str, sight: Sight) -> ObjectReference:
    """Return the reference to the object that a note names as keys are written: "Pod/web-0", "Pod/shop/web-0"."""
    key = _key_of(named)
    found = sight.find(key)
    return reference_to(found) if found is not None else _bare(by_name(key.kind), key)


def _key_of(named: str) -> ObjectKey:
    """Return the key that a note names."""
    kind_name, _, rest = named.partition("/")
    kind = by_name(kind_name)
    namespace, _, name = rest.rpartition("/")
    scope = namespace or ("default" if kind is None or kind.namespaced else "")
    return ObjectKey(kind_name if kind is None else key_kind(kind), scope, name)


def reference_to(found: ApiObject, field_path: str = "") -> ObjectReference:
    """Return the reference to an object, or to what `field_path` leads to in it."""
    kind = None if isinstance(found, OpaqueObject) else class_kind(type(found))
    metadata = found.metadata
    return ObjectReference(
        kind=found.kind if isinstance(found, OpaqueObject) else type(found).__name__,
        namespace=metadata.namespace,
        name=metadata.name,
        uid=metadata.uid,
        api_version=found.api_version if isinstance(found, OpaqueObject) else kind.api_version if kind else "",
        resource_version=metadata.resource_version,
        field_path=field_path,
    )


def _bare(kind: Kind | None, key: ObjectKey) -> ObjectReference:
    """Return the reference to an object that is gone."""
    named, version = (key.kind, "") if kind is None else (kind.kind, kind.api_version)
    return ObjectReference(kind=named, namespace=key.namespace, name=key.name, api_version=version)


def _of_scheduler(name: ComponentKey, fields: Fields, sight: Sight, **content: Any) -> Occurrence:
    about = reference(str(fields["pod"]), sight)
    return Occurrence(component=SCHEDULER, host=name.instance, about=about, **content)


def _scheduled(name: ComponentKey, fields: Fields, sight: Sight) -> Iterator[Occurrence]:
    where = reference(str(fields["pod"]), sight)
    message = f"Successfully assigned {where.namespace}/{where.name} to {fields['node']}"
    yield _of_scheduler(name, fields, sight, reason="Scheduled", action="Binding", message=message)


def _unschedulable(name: ComponentKey, fields: Fields, sight: Sight) -> Iterator[Occurrence]:
    message = str(fields.get("message", ""))
    content = {"reason": "FailedScheduling", "action": "Scheduling", "type": WARNING}
    yield _of_scheduler(name, fields, sight, message=message, **content)


def _preempted(name: ComponentKey, fields: Fields, sight: Sight) -> Iterator[Occurrence]:
    by = reference(str(fields["by"]), sight)
    message = f"Preempted by pod {by.uid} on node {fields['node']}"
    content = {"reason": "Preempted", "action": "Preempting", "related": by}
    yield _of_scheduler(name, fields, sight, message=message, **content)


def _not_attached(_: ComponentKey, fields: Fields, sight: Sight) -> Iterator[Occurrence]:
    """Yield the pods on a node that wait for a volume which is on another node."""
    volume = sight.find(ObjectKey("PersistentVolume", "", str(fields["volume"])))
    claim = volume.spec.claim_ref if isinstance(volume, PersistentVolume) else None
    keys = () if claim is None else users_of(sight.after, claim.namespace, claim.name)
    users = [one for one in map(sight.after.get, keys) if isinstance(one, Pod) and one.spec.node_name]
    others = ", ".join(one.metadata.name for one in users if one.spec.node_name != fields["node"])
    why = f"Volume is already used by pod(s) {others}" if others else _EXCLUSIVE
    for pod in users:
        if pod.spec.node_name == fields["node"]:
            yield Occurrence(
                component="attachdetach-controller",
                about=reference_to(pod),
                reason="FailedAttachVolume",
                message=f"{fields['message']} {why}",
                type=WARNING,
            )


def _killed(name: ComponentKey, fields: Fields, sight: Sight) -> Iterator[Occurrence]:
    """Yield that a probe has failed, and that its container is stopped for it."""
    message = str(fields.get("message", ""))
    probe = _PROBE.match(message)
    pod = sight.find(_key_of(str(fields["pod"])))
    path = f"spec.containers{{{probe['container']}}}" if probe else ""
    about = reference(str(fields["pod"]), sight) if pod is None else reference_to(pod, path)
    if probe:
        failed = f"{probe['probe'].capitalize()} probe failed: "
        yield Occurrence(
            component=KUBELET, host=name.instance, about=about, type=WARNING, reason="Unhealthy", message=failed
        )
    yield Occurrence(component=KUBELET, host=name.instance, about=about, reason="Killing", message=message)


def _of_node(reason: str, fields: Fields) -> str:
    node = str(fields["object"]).removeprefix("Node/")
    said = "" if reason == "NodeNotReady" else "event: "
    return f"Node {node} {said}{fields.get('message', '')}"


def _provisioned(_: str, fields: Fields) -> str:
    return f"Successfully provisioned volume {fields.get('volume', '')}"


_PROBE = re.compile(r"Container (?P<container>\S+) failed (?P<probe>\w+) probe")
_EXCLUSIVE = "Volume is already exclusively attached to one node and can't be attached to another"

KUBELET = "kubelet"
SCHEDULER = "default-scheduler"

_FAILURES = frozenset({"FailedCreate", "FailedDelete"})

_OF_THEIR_OWN: Mapping[str, Tell] = {
    "pod.bound": _scheduled,
    "pod.unschedulable": _unschedulable,
    "pod.preempted": _preempted,
    "attachdetach.FailedAttachVolume": _not_attached,
    "kubelet.Killing": _killed,
}
"""The notes that do not say themselves what their event says."""

_SOURCES: Mapping[str, Source] = {
    "deployment": Source(component="deployment-controller", about="deployment"),
    "replicaset": Source(component="replicaset-controller", about="object", warnings=_FAILURES),
    "replicationcontroller": Source(component="replication-controller", about="object", warnings=_FAILURES),
    "statefulset": Source(component="statefulset-controller", about="statefulset"),
    "daemonset": Source(
        component="daemonset-controller",
        about="object",
        warnings=_FAILURES | {"SelectingAll", "FailedDaemonPod"},
    ),
    "job": Source(component="job-controller", about="job"),
    "cronjob": Source(component="cronjob-controller", about="cronjob"),
    "horizontalpodautoscaler": Source(component="horizontal-pod-autoscaler", about="object"),
    "disruption": Source(component="controllermanager", about="on"),
    "endpointslice": Source(component="endpoint-slice-controller", about="on"),
    "nodelifecycle": Source(component="node-controller", about="object", worded=_of_node),
    "tainteviction": Source(component="taint-eviction-controller", about="object"),
    "persistentvolume": Source(
        component="persistentvolume-controller",
        about="claim",
        warnings=frozenset({"ProvisioningFailed", "VolumeMismatch", "ClaimLost", "ClaimMisbound"}),
    ),
    "csi": Source(component="csi-provisioner", about="claim", worded=_provisioned),
    KUBELET: Source(component=KUBELET, about="pod", warnings=frozenset({"FailedMount", "Evicted"})),
}
"""Who tells of what, by the first part of a note's name."""
