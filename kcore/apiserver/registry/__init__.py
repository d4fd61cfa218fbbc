"""What the API server does specially for each kind: one strategy a kind, and the table of them."""

from __future__ import annotations

from collections.abc import Mapping

from kcore.apiserver.registry import (
    configmap,
    cronjob,
    csidriver,
    csinode,
    customresourcedefinition,
    daemonset,
    deployment,
    endpointslice,
    event,
    horizontalpodautoscaler,
    ingress,
    job,
    lease,
    limitrange,
    namespace,
    networkpolicy,
    node,
    persistentvolume,
    persistentvolumeclaim,
    pod,
    poddisruptionbudget,
    priorityclass,
    replicaset,
    resourcequota,
    secret,
    service,
    statefulset,
    storageclass,
    volumeattachment,
)
from kcore.apiserver.registry.strategy import Strategy


def strategy_of(kind: str) -> Strategy:
    """Return the strategy of a kind as an ObjectKey has it; one that does nothing special for a kind without rules."""
    return STRATEGIES.get(kind) or Strategy(kind=kind)


_ORPHANING = {"ReplicationController": Strategy(kind="ReplicationController", default_propagation="Orphan")}
"""Kinds without rules of their own whose dependents stay unless a delete says otherwise, for old clients' sake."""

STRATEGIES: Mapping[str, Strategy] = _ORPHANING | {
    module.STRATEGY.kind: module.STRATEGY
    for module in (
        configmap,
        cronjob,
        customresourcedefinition,
        csidriver,
        csinode,
        daemonset,
        deployment,
        endpointslice,
        event,
        horizontalpodautoscaler,
        ingress,
        job,
        lease,
        limitrange,
        namespace,
        networkpolicy,
        node,
        persistentvolume,
        persistentvolumeclaim,
        pod,
        poddisruptionbudget,
        priorityclass,
        replicaset,
        resourcequota,
        secret,
        service,
        statefulset,
        storageclass,
        volumeattachment,
    )
}
"""The strategies by kind."""
