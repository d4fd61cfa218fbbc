"""ApiServerConfig: the flags of the API server that the model reads, with upstream's names and defaults.

Not modelled: everything about authentication, authorization, transport and etcd.

Upstream: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
"""

from __future__ import annotations

import attrs

ADMISSION_PLUGINS = (
    "NamespaceLifecycle",
    "LimitRanger",
    "TaintNodesByCondition",
    "PodTopologyLabels",
    "Priority",
    "DefaultTolerationSeconds",
    "StorageObjectInUseProtection",
    "DefaultStorageClass",
    "PersistentVolumeClaimResize",
    "PodSecurity",
    "MutatingAdmissionWebhook",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionWebhook",
    "ResourceQuota",
)
"""The admission plugins that are on by default and modelled, in the order in which they act."""


@attrs.frozen(kw_only=True, cache_hash=True)
class ApiServerConfig:
    """The flags.

    `default_toleration_seconds` is for how long a pod tolerates a node that is not ready or unreachable;
    `service_cluster_ip_range` is IPv4 CIDR; `service_node_port_range` holds the first and the last port;
    `admission_plugins` are names, in the order in which they act.
    """

    default_toleration_seconds: int = 300
    service_cluster_ip_range: str = "10.96.0.0/12"
    service_node_port_range: tuple[int, int] = (30000, 32767)
    admission_plugins: tuple[str, ...] = ADMISSION_PLUGINS


DEFAULT = ApiServerConfig()
