"""PodInfo: what plugins read of a pod, with what the cluster says of its namespace and its owner.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kube-scheduler/framework/types.go
"""

from __future__ import annotations

from kcore.api.core.pod import Pod
from kcore.api.frozenmap import EMPTY
from kcore.api.selectors.label import everything
from kcore.placement.fit import request_of
from kcore.placement.hostports import host_ports
from kcore.placement.podaffinity import pod_terms
from kcore.scheduler.framework import PodInfo
from kcore.scheduler.owners import NO_OWNERS, Owners


def pod_info(pod: Pod, owners: Owners = NO_OWNERS) -> PodInfo:
    """Return what plugins read of `pod`."""
    meta, spec = pod.metadata, pod.spec
    return PodInfo(
        request=request_of(pod),
        namespace=meta.namespace,
        namespace_labels=owners.namespaces.get(meta.namespace, EMPTY),
        labels=meta.labels,
        node_name=spec.node_name,
        tolerations=spec.tolerations,
        node_selector=spec.node_selector,
        affinity=spec.affinity,
        terms=pod_terms(spec.affinity, meta.namespace).resolved(owners.namespaces),
        ports=host_ports(spec),
        images=tuple(one.image for one in (*spec.init_containers, *spec.containers)),
        spread=spec.topology_spread_constraints,
        default_selector=everything() if spec.topology_spread_constraints else owners.default_selector(pod),
    )
