"""Back-off of a sync that fails after it has written: it has to remember what it wrote, so its turn ends in order.

A turn that stops at a failed call forgets what it has learnt. A controller whose writes must not be forgotten counts
its own failures instead, and asks to be woken after the delay that its work queue would have given it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/client-go/util/workqueue/default_rate_limiters.go
"""

from __future__ import annotations

from kcore.client.workqueue import BASE_DELAY, MAX_DELAY


def delay(failures: int) -> int:
    """Return the ms to wait after so many failures in a row, one or more."""
    return min(BASE_DELAY << min(failures - 1, 32), MAX_DELAY)
