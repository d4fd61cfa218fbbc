"""Restarts: whether a container that ended is started again, and when.

Models the restart policies and the crash-loop back-off: at once the first time, then 10 s after the end, 20 s, 40 s and
so on up to 300 s; a run of more than ten minutes wipes the slate. A kubelet that restarts has forgotten its back-offs.

Not modelled: the restart policy and rules of single containers, and jitter.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kuberuntime/kuberuntime_manager.go
"""

from __future__ import annotations

import attrs

from kcore.client.view import View
from kcore.kubelet.phase import ALWAYS, NEVER, ON_FAILURE
from kcore.world.container import Exit

INITIAL = 10_000
"""The first back-off, ms."""

MAXIMUM = 300_000
"""The longest back-off, ms."""

EXPIRY = 2 * MAXIMUM
"""A run longer than this, in ms, has the next crash start anew."""


@attrs.frozen(kw_only=True)
class Restart:
    """The next start of a container that ended: now, or at the time `at` (ms since 1970).

    `delay` is the back-off in ms: the one that holds the start back, or the one that the next crash will meet.
    """

    now: bool
    delay: int
    at: int = 0

    @property
    def told(self) -> bool:
        """Tell whether the status says that the start is put off."""
        return not self.now


def should_restart(policy: str, exit_code: int) -> bool:
    """Tell whether the policy has a container started again that ended with this code."""
    return RESTARTS.get(policy, RESTARTS[ALWAYS])[exit_code != 0]


def restart_of(ended: Exit, policy: str, delay: int | None, view: View) -> Restart | None:
    """Return when a container that `ended` starts again, None for never; `delay` is its last back-off (ms), if any."""
    if not should_restart(policy, ended.code):
        return None
    if delay is None or ended.finished - ended.started > EXPIRY:
        return Restart(now=True, delay=INITIAL)
    if not view.elapsed(ended.finished, delay):
        return Restart(now=False, delay=delay, at=ended.finished + delay)
    return Restart(now=True, delay=min(2 * delay, MAXIMUM))


def go_duration(milliseconds: int) -> str:
    """Return whole seconds as Go writes them: 10s, 2m40s, 5m0s."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"


RESTARTS = {
    ALWAYS: (True, True),
    ON_FAILURE: (False, True),
    NEVER: (False, False),
}
"""Whether a policy starts a container again after exit code 0, and after another."""
