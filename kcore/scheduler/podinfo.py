"""PodInfo: what plugins read of a pod, with what the cluster says of its namespace and its owner.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kube-scheduler/framework/types.go
"""

from __future__ import annotations

from functools import lru_cache

from kcore.api.core.pod import Pod
from kcore.api.core.podspec import PodSpec
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.memo import Memo
from kcore.api.meta.objectmeta import OwnerReference
from kcore.api.selectors.label import everything
from kcore.placement.fit import Request, request_of
from kcore.placement.hostports import host_ports
from kcore.placement.podaffinity import pod_terms
from kcore.scheduler.framework import PodInfo
from kcore.scheduler.owners import NO_OWNERS, Owners
from kcore.scheduler.podvolumes import NO_VOLUMES, PodVolumes


def pod_info(pod: Pod, owners: Owners = NO_OWNERS, volumes: PodVolumes = NO_VOLUMES) -> PodInfo:
    """Return what plugins read of `pod`, whose claims are as `volumes` says."""
    meta = pod.metadata
    return _INFO(pod.spec, request_of(pod), meta.namespace, meta.labels, meta.owner_references, owners, volumes)


def _info(
    spec: PodSpec,
    request: Request,
    namespace: str,
    labels: FrozenMap[str],
    references: tuple[OwnerReference, ...],
    owners: Owners,
    volumes: PodVolumes,
) -> PodInfo:
    spread = spec.topology_spread_constraints
    info = PodInfo(
        request=request,
        namespace=namespace,
        namespace_labels=owners.namespaces.get(namespace, EMPTY),
        labels=labels,
        node_name=spec.node_name,
        tolerations=spec.tolerations,
        node_selector=spec.node_selector,
        affinity=spec.affinity,
        terms=pod_terms(spec.affinity, namespace).resolved(owners.namespaces),
        ports=host_ports(spec),
        images=tuple(one.image for one in (*spec.init_containers, *spec.containers)),
        spread=spread,
        default_selector=everything() if spread else owners.default_selector(namespace, labels, references),
        volumes=volumes,
    )
    return _itself(info)


@lru_cache(maxsize=1024)
def _itself(info: PodInfo) -> PodInfo:
    """Return the one value that stands for all that are equal to `info`."""
    return info


_INFO = Memo(_info)
"""The pods of one template share their parts, as long as nobody has changed them."""
