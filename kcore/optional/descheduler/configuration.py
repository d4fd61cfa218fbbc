"""Configuration: the policies that a DeschedulerPolicy enables, read from a file.

Models one profile or several, whose plugins are enabled at `deschedule`, then at `balance`, each with its arguments,
and how many pods a round may evict from one node. How often there is a round is a flag upstream and the field
`deschedulingInterval` here.

Not modelled: plugins other than the four policies, and arguments that limit them to namespaces, labels or priorities.

Upstream: https://github.com/kubernetes-sigs/descheduler/blob/master/pkg/api/v1alpha2/types.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from kcore.api.json import Json
from kcore.errors import InputError
from kcore.optional.descheduler import policies
from kcore.optional.descheduler.descheduler import INTERVAL, DeschedulerConfig
from kcore.optional.descheduler.policies import Policy
from kcore.scheduler.strict import Locate, Section, headed, nowhere, unknown

API_VERSION = "descheduler/v1alpha2"
KIND = "DeschedulerPolicy"

_FIELDS = ("profiles", "maxNoOfPodsToEvictPerNode", "deschedulingInterval")
_POINTS = ("deschedule", "balance")
_RESOURCES = ("cpu", "memory", "pods")
_EVICTOR = "DefaultEvictor"


def read_policy(wire: Mapping[str, Any], locate: Locate = nowhere) -> DeschedulerConfig:
    """Return what a DeschedulerPolicy asks for; InputError names the field that is wrong, by `locate`."""
    given = headed(wire, API_VERSION, KIND, _FIELDS, locate)
    profiles = given.sections("profiles", ("name", "pluginConfig", "plugins"))
    most = given.number("maxNoOfPodsToEvictPerNode", 0, 0, 1 << 31)
    return DeschedulerConfig(
        policies=tuple(policy for one in profiles for policy in _policies(one)),
        interval=given.duration("deschedulingInterval", INTERVAL),
        most_per_node=most if given.values.get("maxNoOfPodsToEvictPerNode") is not None else None,
    )


@lru_cache(maxsize=64)
def policy_of(configuration: Json) -> DeschedulerConfig:
    """Return the configuration that was read before."""
    return read_policy(configuration.value)


def _policies(profile: Section) -> Iterator[Policy]:
    """Yield the policies of a profile: those that deschedule, then those that balance."""
    args = {}
    for one in profile.sections("pluginConfig", ("name", "args")):
        name = one.name()
        fields, _, _ = _plugin(name, one)
        args[name] = one.section("args", fields)
    plugins = profile.section("plugins", _POINTS)
    for point in _POINTS:
        for number, name in enumerate(plugins.section(point, ("enabled",)).texts("enabled")):
            place = Section({"name": name}, (*plugins.path, point, "enabled", number), plugins.locate)
            fields, at, make = _plugin(name, place)
            if at != point:
                raise InputError(f"{name} does not {point}", place=place.place(), expected=f"it at {at or 'no point'}")
            yield make(args.get(name) or Section({}, place.path, place.locate))


def _plugin(name: str, given: Section) -> tuple[tuple[str, ...], str, Callable[[Section], Policy]]:
    """Return the fields of a plugin's arguments, where it stands and how it is made."""
    if name not in PLUGINS:
        raise unknown(
            f"plugin {name!r}", name, PLUGINS, given.place("name") if "args" in given.values else given.place()
        )
    return PLUGINS[name]


def _low(given: Section) -> Policy:
    shares = []
    for name in ("thresholds", "targetThresholds"):
        inner = given.section(name, _RESOURCES)
        found = {each: inner.number(each, 0, 0, 100) for each in _RESOURCES if each in inner.values}
        if not found:
            raise InputError(f"{name} is missing", place=given.place(), expected="hundredths of cpu, memory or pods")
        shares.append(found)
    for each, low in shares[0].items():
        if each not in shares[1] or low > shares[1][each]:
            place = given.place("targetThresholds")
            raise InputError(f"the target of {each} is no higher", place=place, expected=f"{low} or more")
    return policies.low_node_utilization(*shares)


def _plain(policy: Callable[[], Policy]) -> Callable[[Section], Policy]:
    return lambda _: policy()


def _nobody(_: Section) -> Policy:
    return lambda _: ()


PLUGINS: Mapping[str, tuple[tuple[str, ...], str, Callable[[Section], Policy]]] = {
    "RemovePodsViolatingNodeTaints": ((), "deschedule", _plain(policies.remove_pods_violating_node_taints)),
    "RemoveDuplicates": ((), "balance", _plain(policies.remove_duplicates)),
    "RemovePodsViolatingTopologySpreadConstraint": (
        (),
        "balance",
        _plain(policies.remove_pods_violating_topology_spread_constraint),
    ),
    "LowNodeUtilization": (("thresholds", "targetThresholds"), "balance", _low),
    _EVICTOR: ((), "", _nobody),
}
"""By the name of a plugin the fields of its arguments, where it stands, and the policy that it is."""
