"""ClusterConfig: feature gates and timing constants, with upstream's names and defaults.

Models what the components of this version read. An unknown name is refused with the nearest known one. Durations are
milliseconds here; a file may write them as Go does ("6s", "150ms", "1m30s").
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping
from typing import Any

import attrs

from kcore.api.duration import parse_duration
from kcore.api.frozenmap import EMPTY as NO_THRESHOLDS
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import EMPTY, Json
from kcore.apiserver.config import ADMISSION_PLUGINS, ApiServerConfig, admission_plugins
from kcore.errors import InputError, Place
from kcore.kubelet.thresholds import thresholds


@attrs.frozen(kw_only=True)
class ClusterConfig:
    """The configuration of a cluster; durations in ms, `default_toleration_seconds` in seconds.

    `cloud_provider` "external": a cloud gives load balancers to Services that ask for one; "": nobody does.
    `managed_fields`: the API server tracks who wrote which field from the creation of an object on, not from its first
    apply on. `node_local_dns`: every node keeps the answers of the cluster's DNS for a while.

    `eviction_hard` and the `shutdown` periods are those of all kubelets: thresholds by signal as text (none given: the
    default ones), and how long a machine that shuts down waits for its pods, by (priority, seconds) in the last.

    `service_accounts`: every pod needs an account, and each namespace is given one with the root certificate. A real
    cluster has this on; it is off here, as it was where runs were recorded, since it makes every pod carry a volume.

    `events`: what components tell of becomes Event objects, which are gone `event_ttl` after they were last written. A
    real cluster has this on; it is off here, since each event is a write, and no search over events comes to an end.

    `scheduler` is a KubeSchedulerConfiguration, `descheduler` a DeschedulerPolicy, `cluster_autoscaler` what
    `kcore.optional.clusterautoscaler.configuration` reads; empty: the default profile, and none of the others.
    """

    node_monitor_grace_period: int = 50_000
    node_monitor_period: int = 5_000
    default_toleration_seconds: int = 300
    pod_start: int = 150
    pod_stop: int = 150
    eviction_pressure_transition_period: int = 300_000
    eviction_hard: FrozenMap[str] = NO_THRESHOLDS
    shutdown_grace_period: int = 0
    shutdown_grace_period_critical_pods: int = 0
    shutdown_grace_period_by_pod_priority: tuple[tuple[int, int], ...] = ()
    cloud_provider: str = ""
    managed_fields: bool = False
    node_local_dns: bool = False
    service_accounts: bool = False
    events: bool = False
    event_ttl: int = 3_600_000
    scheduler: Json = EMPTY
    descheduler: Json = EMPTY
    cluster_autoscaler: Json = EMPTY

    @property
    def node_lease_renew_interval(self) -> int:
        """How often kubelets renew their Leases, ms: every ten seconds, or as often as a shorter patience asks for."""
        return min(10_000, self.node_monitor_grace_period // 4)

    @property
    def api_server(self) -> ApiServerConfig:
        """The part that the API server reads."""
        return _api_server(
            self.default_toleration_seconds,
            service_accounts=self.service_accounts,
            managed_fields=self.managed_fields,
        )

    @classmethod
    def from_wire(cls, given: Mapping[str, object], place: Place) -> ClusterConfig:
        """Return the configuration of a `config` mapping; InputError names what is unknown or of the wrong type."""
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name not in SETTINGS:
                near = difflib.get_close_matches(name, SETTINGS, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(SETTINGS))}"
                raise InputError(f"unknown setting {name!r}", place=place, expected="a known setting", hint=hint)
            values[SETTINGS[name]] = _value(name, value, place)
        return cls(**values)


@functools.cache
def _api_server(default_toleration_seconds: int, *, service_accounts: bool, managed_fields: bool) -> ApiServerConfig:
    plugins = admission_plugins("ServiceAccount") if service_accounts else ADMISSION_PLUGINS
    return ApiServerConfig(
        default_toleration_seconds=default_toleration_seconds,
        admission_plugins=plugins,
        track_every_write=managed_fields,
    )


DEFAULT_CONFIG = ClusterConfig()


def _value(name: str, value: object, place: Place) -> int | str | FrozenMap[str] | tuple[tuple[int, int], ...]:
    """Return the value of one setting in its unit."""
    if name in _SWITCHES:
        if isinstance(value, bool):
            return value
        raise InputError(f"{name} is {value!r}", place=place, expected="true or false")
    if name == "evictionHard":
        return _thresholds(name, value, place)
    if name == "shutdownGracePeriodByPodPriority":
        return _by_priority(name, value, place)
    if name == "cloudProvider":
        if value in ("", "external"):
            return str(value)
        raise InputError(f"{name} is {value!r}", place=place, expected='"external", or "" for none')
    if name == "defaultTolerationSeconds":
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise InputError(f"{name} is {value!r}", place=place, expected="a whole number of seconds, 0 or more")
    try:
        return parse_duration(value)  # type: ignore[arg-type]  # it refuses what is no duration
    except ValueError as error:
        raise InputError(f"{name}: {error}", place=place, expected="a duration such as 6s or 150ms") from None


def _thresholds(name: str, value: object, place: Place) -> FrozenMap[str]:
    """Return the thresholds of a mapping of signals, as text."""
    given = FrozenMap({str(key): str(one) for key, one in value.items()} if isinstance(value, dict) else {"": ""})
    try:
        thresholds(given)
    except ValueError as error:
        expected = 'a mapping such as {memory.available: 200Mi, nodefs.available: "10%"}'
        raise InputError(f"{name}: {error}", place=place, expected=expected) from None
    return given


def _by_priority(name: str, value: object, place: Place) -> tuple[tuple[int, int], ...]:
    """Return the (priority, seconds) of a list of `{priority, shutdownGracePeriodSeconds}`."""
    found = []
    for one in value if isinstance(value, list) else [None]:
        given = one if isinstance(one, dict) else {}
        pair = given.get("priority"), given.get("shutdownGracePeriodSeconds")
        if len(given) != len(pair) or not all(type(each) is int for each in pair):
            expected = "a list of {priority, shutdownGracePeriodSeconds}, both whole numbers"
            raise InputError(f"{name} is {value!r}", place=place, expected=expected)
        found.append((int(str(pair[0])), int(str(pair[1]))))
    return tuple(found)


SETTINGS = {
    "nodeMonitorGracePeriod": "node_monitor_grace_period",
    "nodeMonitorPeriod": "node_monitor_period",
    "defaultTolerationSeconds": "default_toleration_seconds",
    "podStart": "pod_start",
    "podStop": "pod_stop",
    "evictionPressureTransitionPeriod": "eviction_pressure_transition_period",
    "evictionHard": "eviction_hard",
    "shutdownGracePeriod": "shutdown_grace_period",
    "shutdownGracePeriodCriticalPods": "shutdown_grace_period_critical_pods",
    "shutdownGracePeriodByPodPriority": "shutdown_grace_period_by_pod_priority",
    "cloudProvider": "cloud_provider",
    "managedFields": "managed_fields",
    "nodeLocalDNS": "node_local_dns",
    "serviceAccounts": "service_accounts",
    "events": "events",
    "eventTtl": "event_ttl",
}
"""The fields by the names that a file has for them."""

_SWITCHES = frozenset({"events", "managedFields", "nodeLocalDNS", "serviceAccounts"})
