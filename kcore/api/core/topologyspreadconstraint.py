"""TopologySpreadConstraint: how evenly pods must lie over zones, nodes or any other topology.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.meta.labelselector import LabelSelector
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class TopologySpreadConstraint(Struct):
    """The number of matching pods in two domains may differ by `max_skew`; else DoNotSchedule or ScheduleAnyway."""

    max_skew: int = wire(default=0, always=True)
    topology_key: str = wire(default="", always=True)
    when_unsatisfiable: str = wire(default="", always=True)
    label_selector: LabelSelector | None = None
    min_domains: int | None = None
    node_affinity_policy: str | None = None
    node_taints_policy: str | None = None
    match_label_keys: tuple[str, ...] = ()
