"""KubeletConfig: the settings of a kubelet that this version reads, with upstream's defaults.

Models intervals, the transition period of pressures, and how long a shutdown of the machine waits for its pods: one
period for ordinary pods and one for critical ones, or a period for each priority.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/apis/config/types.go
"""

from __future__ import annotations

from typing import NamedTuple

import attrs

from kcore.kubelet.thresholds import SIGNALS, Signal

RENEW_INTERVAL = 10_000
"""How often a Lease is renewed by default, ms: a quarter of its duration."""

TRANSITION_PERIOD = 300_000
"""How long (ms) a condition stands since it was last met: upstream's evictionPressureTransitionPeriod."""

SYSTEM_CRITICAL = 2_000_000_000
"""The least priority of a critical pod."""


class Period(NamedTuple):
    """How long (s) a shutdown waits for the pods of a priority, and of those up to the next one."""

    priority: int
    seconds: int


@attrs.frozen(kw_only=True)
class KubeletConfig:
    """The configuration of a kubelet; intervals are ms.

    `eviction_hard` are the signals that are watched, in order. `shutdown_periods` are in the order of their priorities;
    without any a machine that shuts down waits for no pod.
    """

    renew_interval: int = RENEW_INTERVAL
    transition_period: int = TRANSITION_PERIOD
    eviction_hard: tuple[Signal, ...] = SIGNALS
    shutdown_periods: tuple[Period, ...] = ()


DEFAULT = KubeletConfig()


def shutdown_periods(whole: int, critical: int, by_priority: tuple[tuple[int, int], ...]) -> tuple[Period, ...]:
    """Return the periods of a shutdown.

    They are `by_priority`, as (priority, seconds), where that is given; else `whole` ms, of which critical pods have
    the last `critical` ms.
    """
    if by_priority:
        return tuple(sorted(Period(*one) for one in by_priority))
    if whole <= 0 or whole < critical:
        return ()
    return Period(0, (whole - critical) // 1000), Period(SYSTEM_CRITICAL, critical // 1000)
