"""ApiServerConfig: the flags of the API server that the model reads, with upstream's names and defaults.

ServiceAccount admission is off unless it is asked for: with it on, nothing runs before somebody has made the accounts,
and no container is without a volume.

Not modelled: everything about authentication, authorization, transport and etcd.

Upstream: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
"""

from __future__ import annotations

import attrs

_ORDER = (
    "NamespaceLifecycle",
    "LimitRanger",
    "ServiceAccount",
    "TaintNodesByCondition",
    "PodTopologyLabels",
    "Priority",
    "DefaultTolerationSeconds",
    "StorageObjectInUseProtection",
    "DefaultStorageClass",
    "PersistentVolumeClaimResize",
    "DefaultIngressClass",
    "PodSecurity",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionWebhook",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionWebhook",
    "ResourceQuota",
)
"""The admission plugins that are modelled, in the order in which they act."""

_OFF = frozenset({"ServiceAccount"})
"""The plugins that are off here unless they are asked for, although a real server has them on."""


def admission_plugins(*enabled: str) -> tuple[str, ...]:
    """Return the plugins that are on by default and those `enabled` besides, in the order in which they act."""
    return tuple(name for name in _ORDER if name not in _OFF or name in enabled)


ADMISSION_PLUGINS = admission_plugins()
"""The admission plugins that are on by default, in the order in which they act."""


@attrs.frozen(kw_only=True, cache_hash=True)
class ApiServerConfig:
    """The flags.

    `default_toleration_seconds` is for how long a pod tolerates a node that is not ready or unreachable;
    `service_cluster_ip_range` is IPv4 CIDR; `service_node_port_range` holds the first and the last port;
    `admission_plugins` are names, in the order in which they act. `track_every_write`: fields have managers from the
    creation of an object on, as on a real server; else from its first apply on.
    """

    default_toleration_seconds: int = 300
    service_cluster_ip_range: str = "10.96.0.0/12"
    service_node_port_range: tuple[int, int] = (30000, 32767)
    admission_plugins: tuple[str, ...] = ADMISSION_PLUGINS
    track_every_write: bool = False


DEFAULT = ApiServerConfig()
