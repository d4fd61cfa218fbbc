"""Configuration: the node groups of a cluster autoscaler and its settings, read from a file.

Models upstream's flags as fields, by their names in camel case, with upstream's defaults. Upstream reads the groups off
the cloud; here they are in the file, each with the capacity, labels and taints of its machines.

Upstream: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/config/flags/flags.go
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.quantity import Quantity, QuantityError
from kcore.errors import InputError
from kcore.optional.clusterautoscaler.autoscaler import AutoscalerConfig
from kcore.optional.clusterautoscaler.groups import NodeGroup
from kcore.scheduler.strict import Locate, Section, nowhere, section

_TIMES = {"scanInterval": 10_000, "scaleDownUnneededTime": 600_000, "scaleDownDelayAfterAdd": 600_000}
_FIELDS = (
    "nodeGroups",
    *_TIMES,
    "scaleDownUtilizationThreshold",
    "skipNodesWithLocalStorage",
    "skipNodesWithSystemPods",
)
_GROUP = ("name", "minSize", "maxSize", "capacity", "labels", "taints")
_MOST = 5_000


def read_autoscaler(wire: Mapping[str, Any], locate: Locate = nowhere) -> AutoscalerConfig:
    """Return what a file asks of a cluster autoscaler; InputError names the field that is wrong, by `locate`."""
    given = section(wire, _FIELDS, locate=locate)
    groups = tuple(_group(one) for one in given.sections("nodeGroups", _GROUP))
    if not groups:
        raise InputError("there are no node groups", place=given.place("nodeGroups"), expected="one or more")
    names = [one.name for one in groups]
    if len(set(names)) < len(names):
        raise InputError("two groups have one name", place=given.place("nodeGroups"), expected="a name for each")
    scan, unneeded, delay = (given.duration(name, default) for name, default in _TIMES.items())
    return AutoscalerConfig(
        groups=groups,
        scan_interval=scan,
        scale_down_unneeded_time=unneeded,
        scale_down_delay_after_add=delay,
        scale_down_utilization_threshold=given.share("scaleDownUtilizationThreshold", 50),
        skip_nodes_with_local_storage=given.flag("skipNodesWithLocalStorage", default=True),
        skip_nodes_with_system_pods=given.flag("skipNodesWithSystemPods", default=True),
    )


@lru_cache(maxsize=64)
def autoscaler_of(configuration: Json) -> AutoscalerConfig:
    """Return the configuration that was read before."""
    return read_autoscaler(configuration.value)


def _group(given: Section) -> NodeGroup:
    least = given.number("minSize", 0, 0, _MOST)
    capacity = given.strings("capacity")
    for name, amount in capacity.items():
        try:
            Quantity.parse(amount)
        except QuantityError as error:
            place = given.place("capacity", name)
            raise InputError(f"{amount!r}: {error}", place=place, expected="a quantity such as 4 or 8Gi") from None
    if not capacity:
        raise InputError("capacity is missing", place=given.place(), expected="what a machine of the group has")
    taints = given.sections("taints", ("key", "value", "effect"))
    return NodeGroup(
        name=given.name(),
        least=least,
        most=given.number("maxSize", max(least, 1), max(least, 1), _MOST),
        capacity=FrozenMap(capacity),
        labels=FrozenMap(given.strings("labels")),
        taints=tuple(FrozenMap({name: str(value) for name, value in one.values.items()}) for one in taints),
    )
