"""ClusterConfig: feature gates and timing constants, with upstream's names and defaults.

Models what the components of this version read. An unknown name is refused with the nearest known one. Durations are
milliseconds here; a file may write them as Go does ("6s", "150ms", "1m30s").
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Mapping
from typing import Any

import attrs

from kcore.apiserver.config import ApiServerConfig
from kcore.errors import InputError, Place

_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_UNIT = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}


def parse_duration(text: str | float) -> int:
    """Return the milliseconds of a Go duration ("1m30s", "150ms") or of a number of seconds; ValueError otherwise."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return round(text * 1000)
    if not isinstance(text, str) or not text or _PART.sub("", text):
        message = f"{text!r} is not a duration such as 6s or 1m30s"
        raise ValueError(message)
    return round(sum(float(number) * _UNIT[unit] for number, unit in _PART.findall(text)))


@attrs.frozen(kw_only=True)
class ClusterConfig:
    """The configuration of a cluster; durations in ms, `default_toleration_seconds` in seconds.

    `cloud_provider` "external": a cloud gives load balancers to Services that ask for one; "": nobody does.
    """

    node_monitor_grace_period: int = 50_000
    node_monitor_period: int = 5_000
    default_toleration_seconds: int = 300
    pod_start: int = 150
    pod_stop: int = 150
    cloud_provider: str = ""

    @property
    def node_lease_renew_interval(self) -> int:
        """How often kubelets renew their Leases, ms: every ten seconds, or as often as a shorter patience asks for."""
        return min(10_000, self.node_monitor_grace_period // 4)

    @property
    def api_server(self) -> ApiServerConfig:
        """The part that the API server reads."""
        return _api_server(self.default_toleration_seconds)

    @classmethod
    def from_wire(cls, given: Mapping[str, object], place: Place) -> ClusterConfig:
        """Return the configuration of a `config` mapping; InputError names what is unknown or of the wrong type."""
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name not in _NAMES:
                near = difflib.get_close_matches(name, _NAMES, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(_NAMES))}"
                raise InputError(f"unknown setting {name!r}", place=place, expected="a known setting", hint=hint)
            values[_NAMES[name]] = _value(name, value, place)
        return cls(**values)


@functools.cache
def _api_server(default_toleration_seconds: int) -> ApiServerConfig:
    return ApiServerConfig(default_toleration_seconds=default_toleration_seconds)


DEFAULT_CONFIG = ClusterConfig()


def _value(name: str, value: object, place: Place) -> int | str:
    """Return the value of one setting in its unit."""
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


_NAMES = {
    "nodeMonitorGracePeriod": "node_monitor_grace_period",
    "nodeMonitorPeriod": "node_monitor_period",
    "defaultTolerationSeconds": "default_toleration_seconds",
    "podStart": "pod_start",
    "podStop": "pod_stop",
    "cloudProvider": "cloud_provider",
}
