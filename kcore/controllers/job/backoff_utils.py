"""Back-off between failed pods: how long a Job waits before it makes the next.

Models 10 s after the first failure since the last success, doubled with each further one, up to 10 minutes, counted for
the Job as a whole or, with a limit per index, for each index.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/backoff_utils.go
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.pod import Pod
from kcore.api.resources import is_sidecar
from kcore.api.times import Time
from kcore.client.instant import Instant
from kcore.reconcile.podutil import Elapsed, ready_condition

DEFAULT_POD_FAILURE_BACKOFF = 10_000
MAX_POD_FAILURE_BACKOFF = 600_000
"""The first and the longest back-off after a failed pod, ms."""

DEFAULT_API_BACKOFF = 1000
MAX_API_BACKOFF = 60_000
"""The first and the longest back-off after a sync that failed, ms."""

MOST_FAILURES = 7
"""As many failures are counted: the back-off is the longest by then, and one more makes no difference."""

ZERO_TIME = Time(-62_135_596_800)
"""The time that Go has where there is none: the beginning of the year 1."""


@attrs.frozen(kw_only=True)
class BackoffRecord:
    """How many pods have failed since the last success, and when the last of them did, ms since 1970."""

    failures: int = 0
    last_failure: Instant | None = None


NO_FAILURES = BackoffRecord()


def after(record: BackoffRecord, succeeded: Sequence[Pod], failed: Sequence[Pod]) -> BackoffRecord:
    """Return the record after these pods have ended, in the order in which they did."""
    ends = sorted(map(finished_time, failed))
    failures = record.failures
    if succeeded:
        last_success = max(map(finished_time, succeeded))
        ends = [end for end in ends if end > last_success]
        record, failures = NO_FAILURES, 0
    if not ends:
        return record
    last_failure = Instant(ends[-1] * 1000, matters=MAX_POD_FAILURE_BACKOFF + 1)
    return BackoffRecord(failures=min(failures + len(ends), MOST_FAILURES), last_failure=last_failure)


def held_until(record: BackoffRecord, elapsed: Elapsed) -> int | None:
    """Return until when (ms since 1970) no pod is made after these failures; None when it may be made now."""
    if not record.failures or record.last_failure is None:
        return None
    wait = min(DEFAULT_POD_FAILURE_BACKOFF << record.failures - 1, MAX_POD_FAILURE_BACKOFF)
    return None if elapsed(record.last_failure, wait) else record.last_failure + wait


def index_held_until(absolute_failures: int, last_failed: Pod | None, elapsed: Elapsed) -> int | None:
    """Return until when the pod of an index is not made again, after so many failures before that of `last_failed`."""
    if last_failed is None:
        return None
    failures = min(absolute_failures + 1, MOST_FAILURES)
    return held_until(
        BackoffRecord(failures=failures, last_failure=Instant(finished_time(last_failed) * 1000)), elapsed
    )


def api_backoff(failures: int) -> int:
    """Return the ms to wait after so many syncs that failed in a row, one or more."""
    return min(DEFAULT_API_BACKOFF << min(failures - 1, 16), MAX_API_BACKOFF)


def finished_time(pod: Pod) -> Time:
    """Return when the pod came to its end, as well as one can tell."""
    at = _containers_finished(pod)
    if at is not None:
        return at
    ready = ready_condition(pod)
    if ready is not None and ready.status == "False" and ready.last_transition_time is not None:
        return ready.last_transition_time
    metadata = pod.metadata
    if metadata.deletion_timestamp is not None:
        return Time(metadata.deletion_timestamp - (metadata.deletion_grace_period_seconds or 0))
    return ZERO_TIME if metadata.creation_timestamp is None else metadata.creation_timestamp


def _containers_finished(pod: Pod) -> Time | None:
    """Return when the last container ended; None while one has not, a sidecar besides."""
    sidecars = {one.name for one in pod.spec.init_containers if is_sidecar(one)}
    regular = _latest(None, pod.status.container_statuses)
    return _latest(regular, (one for one in pod.status.init_container_statuses if one.name in sidecars))


def _latest(before: Time | None, statuses: Iterable[ContainerStatus]) -> Time | None:
    latest = before
    for one in statuses:
        ended = one.state.terminated.finished_at if one.state.terminated else None
        if ended is None:
            return None
        latest = ended if latest is None else max(latest, ended)
    return latest
