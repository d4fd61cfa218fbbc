"""The components of a cluster as it comes: the processes of the control plane and of the nodes, in order of service."""

from __future__ import annotations

from kcore.client.component import Component
from kcore.cluster.config import DEFAULT_CONFIG, ClusterConfig
from kcore.controllers.attachdetach import ATTACHDETACH
from kcore.controllers.cronjob import CRONJOB
from kcore.controllers.csi import CSI_ATTACHER, CSI_PROVISIONER, CSI_RESIZER
from kcore.controllers.daemonset import DAEMONSET
from kcore.controllers.deployment import DEPLOYMENT
from kcore.controllers.disruption import DISRUPTION
from kcore.controllers.endpointslice import ENDPOINTSLICE
from kcore.controllers.ephemeral import EPHEMERAL
from kcore.controllers.garbagecollector import GARBAGE_COLLECTOR
from kcore.controllers.job import JOB
from kcore.controllers.namespace import NAMESPACE
from kcore.controllers.nodelifecycle import NodeLifecycleConfig, nodelifecycle
from kcore.controllers.persistentvolume import PERSISTENTVOLUME
from kcore.controllers.podautoscaler import HORIZONTALPODAUTOSCALER
from kcore.controllers.podgc import podgc
from kcore.controllers.pvcprotection import PVCPROTECTION
from kcore.controllers.pvprotection import PVPROTECTION
from kcore.controllers.replicaset import REPLICASET
from kcore.controllers.replication import replication
from kcore.controllers.resourcequota import RESOURCE_QUOTA
from kcore.controllers.service import SERVICE
from kcore.controllers.statefulset import STATEFULSET
from kcore.controllers.tainteviction import TAINTEVICTION
from kcore.controllers.ttlafterfinished import TTL_AFTER_FINISHED
from kcore.kubelet import kubelet
from kcore.network.coredns import COREDNS
from kcore.network.kubeproxy import KUBE_PROXY
from kcore.network.loadbalancer import CLOUD_LOAD_BALANCER
from kcore.scheduler import SCHEDULER
from kcore.users.drain import DRAINER


def components_of(config: ClusterConfig) -> tuple[Component, ...]:
    """Return the components of a cluster with this configuration."""
    health = NodeLifecycleConfig(
        node_monitor_period=config.node_monitor_period,
        node_monitor_grace_period=config.node_monitor_grace_period,
    )
    return (
        STATEFULSET,
        DAEMONSET,
        DEPLOYMENT,
        REPLICASET,
        replication(REPLICASET),
        JOB,
        CRONJOB,
        TTL_AFTER_FINISHED,
        ENDPOINTSLICE,
        DISRUPTION,
        HORIZONTALPODAUTOSCALER,
        NAMESPACE,
        RESOURCE_QUOTA,
        GARBAGE_COLLECTOR,
        podgc(),
        nodelifecycle(health),
        TAINTEVICTION,
        EPHEMERAL,
        PERSISTENTVOLUME,
        PVCPROTECTION,
        PVPROTECTION,
        ATTACHDETACH,
        CSI_PROVISIONER,
        CSI_ATTACHER,
        CSI_RESIZER,
        SCHEDULER,
        kubelet(config.node_lease_renew_interval),
        KUBE_PROXY,
        COREDNS,
        DRAINER,
        *((SERVICE, CLOUD_LOAD_BALANCER) if config.cloud_provider else ()),
    )


COMPONENTS = components_of(DEFAULT_CONFIG)

NOBODY_ACTS_ON: frozenset[str] = frozenset()
"""The kinds with a class of their own that have no controller yet: stored and served, otherwise left alone."""
