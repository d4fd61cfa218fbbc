"""Hostname: what the containers of a pod call themselves.

Models the hostname that a pod asks for, or else its name, at most 63 letters of it; with a subdomain the containers
also have a full name, which is the hostname where the pod says so. In the network of the node it is the node's.

Not modelled: /etc/hosts. The names that others find a pod by are those of headless Services (`kcore.network`).

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kubelet_pods.go
"""

from __future__ import annotations

from kcore.api.core.pod import Pod

CLUSTER_DOMAIN = "cluster.local"
LONGEST = 63
"""How many letters a hostname has at most."""


def hostname_of(pod: Pod, node: str) -> str:
    """Return the hostname of a pod on `node`: the full one, where the pod says that it wants it."""
    if pod.spec.host_network:
        return node
    hostname = (pod.spec.hostname or pod.metadata.name)[:LONGEST].rstrip("-.")
    if pod.spec.subdomain and pod.spec.set_hostname_as_fqdn:
        return f"{hostname}.{domain_of(pod)}"
    return hostname


def domain_of(pod: Pod) -> str:
    """Return the domain of a pod with a subdomain, "" for any other."""
    return f"{pod.spec.subdomain}.{pod.metadata.namespace}.svc.{CLUSTER_DOMAIN}" if pod.spec.subdomain else ""
