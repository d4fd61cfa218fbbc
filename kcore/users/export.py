"""Export: the objects of a cluster as manifests that another cluster can take.

Models what tools for moving workloads do: what a person made is taken along, without what the cluster added to it:
uids, versions, statuses, addresses and ports that were handed out, the node of a pod, the volume of a claim, the marks
and finalizers of the cluster's own controllers. What an owner makes again by itself stays behind, as do nodes, volumes,
leases, events and endpoints, and what has ended: a Job that is done must not run once more. Whatever has to be there
before others comes first. The result is applied to another cluster like any manifest.

Not modelled: the contents of disks, which nobody moves by way of the API; renaming namespaces or classes on the way.

Upstream: https://kubernetes.io/docs/concepts/overview/working-with-objects/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kcore.api.convert import to_wire
from kcore.api.json import Json, Wire
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.store import Store

OF_THE_CLUSTER = frozenset(
    {
        "CSINode",
        "ControllerRevision",
        "EndpointSlice",
        "Endpoints",
        "Event",
        "Event.events.k8s.io",
        "Lease",
        "Node",
        "PersistentVolume",
        "VolumeAttachment",
    }
)
"""The kinds that say what a cluster is made of and what it is about: another one has its own."""

FIRST = (
    "Namespace",
    "CustomResourceDefinition",
    "PriorityClass",
    "StorageClass",
    "CSIDriver",
    "IngressClass",
    "LimitRange",
    "ResourceQuota",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "PersistentVolumeClaim",
    "Service",
)
"""The kinds that others need, in the order in which they are made; all other kinds follow by name."""

_GIVEN = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink", "ownerReferences")
_MARKS = (
    "pv.kubernetes.io/",
    "volume.kubernetes.io/",
    "volume.beta.kubernetes.io/storage-provisioner",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "kubectl.kubernetes.io/last-applied-configuration",
)
_UID_LABELS = ("controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name")
_TOKENS = "kube-api-access-"


def exported(store: Store) -> tuple[Json, ...]:
    """Return the manifests of what people made in a cluster, in the order in which they can be applied."""
    there = bootstrap(0).objects
    found = [
        (_rank(key), key, wire)
        for key, wire in _candidates(store)
        if key not in there and key.kind not in OF_THE_CLUSTER
    ]
    return tuple(Json.of(_stripped(key, wire)) for _, key, wire in sorted(found, key=lambda one: one[:2]))


def _rank(key: ObjectKey) -> tuple[int, str]:
    return (FIRST.index(key.kind), "") if key.kind in FIRST else (len(FIRST), key.kind)


def _candidates(store: Store) -> Iterator[tuple[ObjectKey, Wire]]:
    """Yield what nobody makes anew and what has not ended or is not on its way out."""
    uids = {found.metadata.uid for found in store.objects.values()}
    for key, found in sorted(store.objects.items()):
        if not _is_made_again(found, uids) and found.metadata.deletion_timestamp is None:
            wire = to_wire(found)
            if not _is_left(key, wire):
                yield key, wire


def _is_made_again(found: ApiObject, uids: set[str]) -> bool:
    """Tell whether an object has an owner that is there."""
    return any(owner.uid in uids for owner in found.metadata.owner_references)


def _is_left(key: ObjectKey, wire: Wire) -> bool:
    """Tell whether an object has ended, or is the cluster's own in every namespace."""
    status = wire.get("status") or {}
    if key.kind == "Pod":
        return status.get("phase") in ("Succeeded", "Failed")
    if key.kind == "Job":
        ends = ("Complete", "Failed")
        return any(one["type"] in ends and one["status"] == "True" for one in status.get("conditions") or ())
    if key.kind == "Secret":
        return wire.get("type") == "kubernetes.io/service-account-token"
    return (key.kind, key.name) in (("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default"))


def _stripped(key: ObjectKey, wire: Wire) -> Wire:
    """Return an object without what its cluster added to it."""
    metadata = {name: value for name, value in wire["metadata"].items() if name not in _GIVEN}
    metadata = _without(metadata, "annotations", lambda name: name.startswith(_MARKS))
    metadata["finalizers"] = [one for one in metadata.get("finalizers") or () if not _is_of_kubernetes(one)]
    kept = {name: value for name, value in metadata.items() if value not in ([], {}, None)}
    rest = {name: value for name, value in wire.items() if name not in ("metadata", "status")}
    made = {**rest, "metadata": kept}
    strip = _STRIPPED.get(key.kind)
    return made if strip is None else strip(made)


def _without(holder: Mapping[str, object], field: str, unwanted: Callable[[str], bool]) -> Wire:
    """Return a mapping with a mapping in it that has no unwanted names."""
    inner = holder.get(field)
    if not isinstance(inner, Mapping):
        return dict(holder)
    return {**holder, field: {name: value for name, value in inner.items() if not unwanted(name)}}


def _is_of_kubernetes(finalizer: str) -> bool:
    """Tell whether a finalizer is one of the cluster's own controllers."""
    domain = finalizer.partition("/")[0]
    return domain in ("kubernetes", "foregroundDeletion", "orphan") or domain.endswith("kubernetes.io")


def _service(wire: Wire) -> Wire:
    """Leave out the addresses and ports that were handed out; a headless Service stays one."""
    handed_out = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort")
    spec = {name: value for name, value in wire["spec"].items() if name not in handed_out}
    if wire["spec"].get("clusterIP") == "None":
        spec["clusterIP"] = "None"
    ports = [{name: value for name, value in port.items() if name != "nodePort"} for port in spec.get("ports") or ()]
    return {**wire, "spec": {**spec, **({"ports": ports} if ports else {})}}


def _pod(wire: Wire) -> Wire:
    """Leave out the node, and the token of the account that admission mounted."""
    spec = {name: value for name, value in wire["spec"].items() if name not in ("nodeName", "priority")}
    spec["volumes"] = [one for one in spec.get("volumes") or () if not one["name"].startswith(_TOKENS)]
    for field in ("containers", "initContainers"):
        if spec.get(field):
            spec[field] = [_without_token(one) for one in spec[field]]
    return {**wire, "spec": {name: value for name, value in spec.items() if value != []}}


def _without_token(container: Wire) -> Wire:
    mounts = [one for one in container.get("volumeMounts") or () if not one["name"].startswith(_TOKENS)]
    rest = {name: value for name, value in container.items() if name != "volumeMounts"}
    return {**rest, **({"volumeMounts": mounts} if mounts else {})}


def _claim(wire: Wire) -> Wire:
    """Leave out the volume: the other cluster finds or makes one."""
    return _without(wire, "spec", lambda name: name == "volumeName")


def _job(wire: Wire) -> Wire:
    """Leave out the selector that was made of the Job's uid, and its labels."""
    spec = dict(wire["spec"])
    if spec.get("manualSelector"):
        return wire
    spec.pop("selector", None)
    template = dict(spec["template"])
    template["metadata"] = _without(template.get("metadata") or {}, "labels", _UID_LABELS.__contains__)
    return {
        **wire,
        "metadata": _without(wire["metadata"], "labels", _UID_LABELS.__contains__),
        "spec": {**spec, "template": template},
    }


def _namespace(wire: Wire) -> Wire:
    return {name: value for name, value in wire.items() if name != "spec"}


_STRIPPED: Mapping[str, Callable[[Wire], Wire]] = {
    "Service": _service,
    "Pod": _pod,
    "PersistentVolumeClaim": _claim,
    "Job": _job,
    "Namespace": _namespace,
}
"""What else is left out of the objects of a kind."""
