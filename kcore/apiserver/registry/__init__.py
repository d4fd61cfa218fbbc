"""What the API server does specially for each kind: one strategy a kind, and the table of them."""

from __future__ import annotations

from collections.abc import Mapping

from kcore.apiserver.registry import (
    configmap,
    controllerrevision,
    cronjob,
    csidriver,
    csinode,
    csistoragecapacity,
    customresourcedefinition,
    daemonset,
    deployment,
    endpoints,
    endpointslice,
    event,
    horizontalpodautoscaler,
    ingress,
    ingressclass,
    ipaddress,
    job,
    lease,
    limitrange,
    mutatingwebhookconfiguration,
    namespace,
    networkpolicy,
    node,
    persistentvolume,
    persistentvolumeclaim,
    pod,
    poddisruptionbudget,
    podtemplate,
    priorityclass,
    replicaset,
    replicationcontroller,
    resourcequota,
    secret,
    service,
    serviceaccount,
    servicecidr,
    statefulset,
    storageclass,
    validatingwebhookconfiguration,
    volumeattachment,
    volumeattributesclass,
)
from kcore.apiserver.registry.strategy import Strategy


def strategy_of(kind: str) -> Strategy:
    """Return the strategy of a kind as an ObjectKey has it; one that does nothing special for a kind without rules."""
    return STRATEGIES.get(kind) or Strategy(kind=kind)


STRATEGIES: Mapping[str, Strategy] = {
    module.STRATEGY.kind: module.STRATEGY
    for module in (
        configmap,
        controllerrevision,
        cronjob,
        csidriver,
        csinode,
        csistoragecapacity,
        customresourcedefinition,
        daemonset,
        deployment,
        endpoints,
        endpointslice,
        event,
        horizontalpodautoscaler,
        ingress,
        ingressclass,
        ipaddress,
        job,
        lease,
        limitrange,
        mutatingwebhookconfiguration,
        namespace,
        networkpolicy,
        node,
        persistentvolume,
        persistentvolumeclaim,
        pod,
        poddisruptionbudget,
        podtemplate,
        priorityclass,
        replicaset,
        replicationcontroller,
        resourcequota,
        secret,
        service,
        serviceaccount,
        servicecidr,
        statefulset,
        storageclass,
        validatingwebhookconfiguration,
        volumeattachment,
        volumeattributesclass,
    )
}
"""The strategies by kind."""
