"""Property tests of clusters: strategies for objects and clusters, and a Hypothesis state machine of the rule table.

Needs the extra `testing` (hypothesis, pytest). Nothing is imported before it is asked for: pytest loads the plugin of
this package at its start, also where nobody tests a cluster.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kcore.testing.acts import Act
    from kcore.testing.cluster import Cluster, components_with, given_cluster
    from kcore.testing.machine import ClusterMachine, cluster_machine, violation_of
    from kcore.testing.violation import ViolationError

__all__ = [
    "Act",
    "Cluster",
    "ClusterMachine",
    "ViolationError",
    "cluster_machine",
    "components_with",
    "given_cluster",
    "violation_of",
]

_MODULES = {
    "Act": "acts",
    "Cluster": "cluster",
    "ClusterMachine": "machine",
    "ViolationError": "violation",
    "cluster_machine": "machine",
    "components_with": "cluster",
    "given_cluster": "cluster",
    "violation_of": "machine",
}


def __getattr__(name: str) -> object:
    """Return a public name from its module."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
