"""Hypothesis strategies for Kubernetes objects, their parts, and whole clusters.

Each is plural and gives typed objects that the API server accepts; each shrinks to the smallest object that makes
sense. A strategy of named objects takes `named`, a strategy of names, to be unique among others.
"""

from kcore.testing.strategies.clusters import any_workloads, clusters
from kcore.testing.strategies.nodes import capacities, node_specs, nodes
from kcore.testing.strategies.pods import (
    affinities,
    container_ports,
    containers,
    pod_specs,
    pod_templates,
    pods,
    probes,
    resource_requirements,
    topology_spread_constraints,
)
from kcore.testing.strategies.services import budgets, services
from kcore.testing.strategies.words import (
    amounts,
    cpus,
    images,
    label_keys,
    label_values,
    labels,
    memories,
    names,
    quantities,
    selectors,
    taints,
    tolerations,
)
from kcore.testing.strategies.workloads import (
    daemonsets,
    deployment_strategies,
    deployments,
    replica_counts,
    replicasets,
    statefulsets,
)

__all__ = [
    "affinities",
    "amounts",
    "any_workloads",
    "budgets",
    "capacities",
    "clusters",
    "container_ports",
    "containers",
    "cpus",
    "daemonsets",
    "deployment_strategies",
    "deployments",
    "images",
    "label_keys",
    "label_values",
    "labels",
    "memories",
    "names",
    "node_specs",
    "nodes",
    "pod_specs",
    "pod_templates",
    "pods",
    "probes",
    "quantities",
    "replica_counts",
    "replicasets",
    "resource_requirements",
    "selectors",
    "services",
    "statefulsets",
    "taints",
    "tolerations",
    "topology_spread_constraints",
]
