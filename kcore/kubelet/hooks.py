"""Hooks: how long what is done after a container's start and before its stop takes.

Models hooks that sleep, be it by their own field or by the command `sleep`; the stop signal comes after the hook,
within the grace period of the pod.

Not modelled: commands and requests that do something else, which take no time and never fail; and the hook after the
start of a container that is started again.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/lifecycle/handlers.go
"""

from __future__ import annotations

import re

from kcore.api.core.probe import LifecycleHandler

_SLEEP = re.compile(r"(?:^|.*[;& ])sleep (\d+)s?$")


def duration_of(handler: LifecycleHandler | None) -> int:
    """Return how long a hook takes, in ms; none takes no time."""
    if handler is None:
        return 0
    if handler.sleep is not None:
        return handler.sleep.seconds * 1000
    if handler.exec is None:
        return 0
    found = _SLEEP.match(" ".join(handler.exec.command))
    return int(found[1]) * 1000 if found else 0
