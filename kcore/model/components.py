"""The components of a cluster as it comes: the processes of the control plane and of the nodes, in order of service."""

from __future__ import annotations

from kcore.client.component import Component
from kcore.cluster.config import DEFAULT_CONFIG, ClusterConfig
from kcore.cluster.power import kubelet_config
from kcore.controllers.attachdetach import ATTACHDETACH
from kcore.controllers.crdfinalizer import CRD_FINALIZER
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
from kcore.controllers.rootcacertpublisher import ROOTCACERTPUBLISHER
from kcore.controllers.service import SERVICE
from kcore.controllers.serviceaccount import SERVICEACCOUNT
from kcore.controllers.statefulset import STATEFULSET
from kcore.controllers.tainteviction import TAINTEVICTION
from kcore.controllers.ttlafterfinished import TTL_AFTER_FINISHED
from kcore.kubelet import kubelet
from kcore.network.coredns import COREDNS
from kcore.network.kubeproxy import KUBE_PROXY
from kcore.network.loadbalancer import CLOUD_LOAD_BALANCER
from kcore.network.nodelocaldns import NODE_LOCAL_DNS
from kcore.optional.clusterautoscaler import cluster_autoscaler
from kcore.optional.clusterautoscaler.configuration import autoscaler_of
from kcore.optional.descheduler.configuration import policy_of
from kcore.optional.descheduler.descheduler import descheduler_of
from kcore.optional.eventttl import eventttl
from kcore.scheduler import SCHEDULER, scheduler
from kcore.scheduler.configuration import profiles_of
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
        CRD_FINALIZER,
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
        scheduler(profiles_of(config.scheduler)) if config.scheduler else SCHEDULER,
        kubelet(kubelet_config(config)),
        KUBE_PROXY,
        COREDNS,
        DRAINER,
        *_optional(config),
    )


def _optional(config: ClusterConfig) -> tuple[Component, ...]:
    """Return the components that a cluster has only if its configuration asks for them."""
    return (
        *((descheduler_of(policy_of(config.descheduler)),) if config.descheduler else ()),
        *((cluster_autoscaler(autoscaler_of(config.cluster_autoscaler)),) if config.cluster_autoscaler else ()),
        *((SERVICE, CLOUD_LOAD_BALANCER) if config.cloud_provider else ()),
        *((NODE_LOCAL_DNS,) if config.node_local_dns else ()),
        *((SERVICEACCOUNT, ROOTCACERTPUBLISHER) if config.service_accounts else ()),
        *((eventttl(config.event_ttl),) if config.events else ()),
    )


COMPONENTS = components_of(DEFAULT_CONFIG)

NOBODY_ACTS_ON: frozenset[str] = frozenset({"ServiceAccount"})
"""The kinds with a class of their own that have no controller yet: stored and served, otherwise left alone."""

ACTED_ON_AS_THEY_ARE = frozenset(
    {
        "CustomResourceDefinition",
        "Ingress",
        "IngressClass",
        "LimitRange",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "NetworkPolicy",
        "PriorityClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }
)
"""The kinds without a class of their own by which the API server or the network acts."""
