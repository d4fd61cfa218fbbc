"""The components of a cluster as it comes: the processes of the control plane and of the nodes, in order of service."""

from __future__ import annotations

from kcore.client.component import Component
from kcore.controllers.deployment import DEPLOYMENT
from kcore.controllers.disruption import DISRUPTION
from kcore.controllers.endpointslice import ENDPOINTSLICE
from kcore.controllers.garbagecollector import GARBAGE_COLLECTOR
from kcore.controllers.replicaset import REPLICASET
from kcore.kubelet import KUBELET
from kcore.network.kubeproxy import KUBE_PROXY
from kcore.scheduler import SCHEDULER

COMPONENTS: tuple[Component, ...] = (
    DEPLOYMENT,
    REPLICASET,
    ENDPOINTSLICE,
    DISRUPTION,
    GARBAGE_COLLECTOR,
    SCHEDULER,
    KUBELET,
    KUBE_PROXY,
)
