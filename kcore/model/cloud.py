"""The model of a configuration: its components, and a cloud where a cluster autoscaler runs."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.cluster.cloud import MachineBooted, cloud_rule
from kcore.cluster.config import ClusterConfig
from kcore.machine import Table
from kcore.model.components import components_of
from kcore.model.model import Model, build_model
from kcore.model.offers import Offered
from kcore.optional.clusterautoscaler.configuration import autoscaler_of
from kcore.optional.clusterautoscaler.groups import NodeGroup

__all__ = ["MachineBooted", "model_of", "with_cloud"]


def with_cloud(model: Model, groups: Sequence[NodeGroup]) -> Model:
    """Return the model with a cloud that has machines of these groups."""
    rule = cloud_rule(model.components, groups)
    return attrs.evolve(model, moves=(rule, *model.moves), table=Table((rule, *model.table.rules)))


def model_of(config: ClusterConfig, acts: Sequence[Offered] = ()) -> Model:
    """Return the model of a cluster with this configuration, in which people may do `acts`."""
    model = build_model(components_of(config), acts)
    if not config.cluster_autoscaler:
        return model
    return with_cloud(model, autoscaler_of(config.cluster_autoscaler).groups)
