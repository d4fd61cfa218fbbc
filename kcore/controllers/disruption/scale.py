"""Scale: how many pods there should be, by asking the controllers of those that there are.

Models the finders in their order: the ReplicationController, the Deployment behind a ReplicaSet, the ReplicaSet itself,
the StatefulSet, and for any other kind its scale, which is not cached and so has to be read from the API server. A
controller is counted once, however many of its pods are selected. Pods without a controller are only counted out.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/disruption/disruption.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.autoscaling.scale import Scale
from kcore.api.core.pod import Pod
from kcore.api.core.replicationcontroller import ReplicationController
from kcore.api.kinds import Kind, key_kind
from kcore.api.meta.objectmeta import OwnerReference
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.request import Request, Response, Verb
from kcore.errors import KcoreError
from kcore.reconcile.program import Program, ask

Lookup: TypeAlias = Callable[[ObjectKey], ApiObject | None]
"""The object at a key, None when there is none."""

KindOf: TypeAlias = Callable[[str, str], Kind | None]
"""The kind of an apiVersion and a name, None when it is not served."""

WORKLOADS = frozenset({"apps", "extensions"})
DEFAULT_REPLICAS = 1
SUBRESOURCE = "scale"


class SyncError(KcoreError, ValueError):
    """A reason for which a budget cannot be computed; the message is the real one."""


class Sized(NamedTuple):
    """A controller and how many pods it should have."""

    uid: str
    replicas: int


class ExpectedScale(NamedTuple):
    """The sum over all controllers, and the pods that have none."""

    total: int
    unmanaged: tuple[str, ...] = ()


class Cluster(NamedTuple):
    """What there is to be asked without a request: the cached objects, and the kinds that are served."""

    lookup: Lookup
    kind_of: KindOf


def expected_scale(pods: Iterable[Pod], cluster: Cluster) -> Program[ExpectedScale]:
    """Find out how many pods the controllers of `pods` should have.

    SyncError when a controller is not there or has no scale.
    """
    known: dict[str, int] = {}
    unmanaged: list[str] = []
    for pod in pods:
        owner = pod.metadata.controller
        if owner is None:
            unmanaged.append(pod.metadata.name)
        elif owner.uid not in known:
            found = yield from _find(owner, pod.metadata.namespace, cluster)
            if found is None:
                raise SyncError(f'found no controllers for pod "{pod.metadata.name}"')
            known[found.uid] = found.replicas
    return ExpectedScale(sum(known.values()), tuple(unmanaged))


def _find(owner: OwnerReference, namespace: str, cluster: Cluster) -> Program[Sized | None]:
    """Find the controller that `owner` names; None when there is none."""
    group = owner.api_version.rpartition("/")[0]
    if "/" in group:
        raise SyncError(f"unexpected GroupVersion string: {owner.api_version}")
    for finder in _FINDERS:
        if owner.kind == finder.kind and group in finder.groups:
            found = finder.find(owner, namespace, cluster.lookup)
            if found is not None:
                return found
    kind = cluster.kind_of(owner.api_version, owner.kind)
    if kind is None:
        raise SyncError(f'no matches for kind "{owner.kind}" in version "{owner.api_version}"')
    key = ObjectKey(key_kind(kind), namespace if kind.namespaced else "", owner.name)
    answer = yield from ask(Request(verb=Verb.GET, key=key, subresource=SUBRESOURCE))
    return _of_scale(owner, kind, answer)


def _of_scale(owner: OwnerReference, kind: Kind, answer: Response) -> Sized | None:
    """Return what the API server answered about the scale of an owner."""
    if answer.status is not None:
        if answer.reason != "NotFound":
            raise SyncError(answer.status.message)
        if SUBRESOURCE not in kind.subresources:
            raise SyncError(f"{kind.resource} does not implement the scale subresource")
        return None
    scale = answer.object
    if not isinstance(scale, Scale) or scale.metadata.uid != owner.uid:
        return None
    return Sized(scale.metadata.uid, scale.spec.replicas)


def _replica_set(owner: OwnerReference, namespace: str, lookup: Lookup) -> Sized | None:
    """Return a ReplicaSet that no Deployment controls."""
    found = lookup(ObjectKey("ReplicaSet", namespace, owner.name))
    if not isinstance(found, ReplicaSet) or found.metadata.uid != owner.uid:
        return None
    above = found.metadata.controller
    return None if above is not None and above.kind == "Deployment" else _sized(found, found.spec.replicas)


def _deployment(owner: OwnerReference, namespace: str, lookup: Lookup) -> Sized | None:
    """Return the Deployment that controls a ReplicaSet."""
    replica_set = lookup(ObjectKey("ReplicaSet", namespace, owner.name))
    if not isinstance(replica_set, ReplicaSet) or replica_set.metadata.uid != owner.uid:
        return None
    above = replica_set.metadata.controller
    if above is None or above.kind != "Deployment" or above.api_version.rpartition("/")[0] not in WORKLOADS:
        return None
    found = lookup(ObjectKey("Deployment", namespace, above.name))
    if not isinstance(found, Deployment) or found.metadata.uid != above.uid:
        return None
    return _sized(found, found.spec.replicas)


def _stateful_set(owner: OwnerReference, namespace: str, lookup: Lookup) -> Sized | None:
    found = lookup(ObjectKey("StatefulSet", namespace, owner.name))
    if not isinstance(found, StatefulSet) or found.metadata.uid != owner.uid:
        return None
    return _sized(found, found.spec.replicas)


def _replication_controller(owner: OwnerReference, namespace: str, lookup: Lookup) -> Sized | None:
    found = lookup(ObjectKey("ReplicationController", namespace, owner.name))
    if not isinstance(found, ReplicationController) or found.metadata.uid != owner.uid:
        return None
    return _sized(found, found.spec.replicas)


def _sized(found: ApiObject, replicas: int | None) -> Sized:
    return Sized(found.metadata.uid, DEFAULT_REPLICAS if replicas is None else replicas)


class _Finder(NamedTuple):
    """Which owners a finder is for, and how it finds their controller."""

    kind: str
    groups: frozenset[str]
    find: Callable[[OwnerReference, str, Lookup], Sized | None]


_FINDERS = (
    _Finder("ReplicationController", frozenset({""}), _replication_controller),
    _Finder("ReplicaSet", WORKLOADS, _deployment),
    _Finder("ReplicaSet", WORKLOADS, _replica_set),
    _Finder("StatefulSet", frozenset({"apps"}), _stateful_set),
)
"""The finders in the order in which they are asked."""
