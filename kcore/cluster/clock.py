"""The clock: virtual milliseconds that pass only when nothing else is due.

Models alarms of processes and the world's own timers. No wall clock is read anywhere.
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.cluster.state import ClusterState


def idle(state: ClusterState) -> bool:
    """Tell whether no turn, commit, delivery or move of the world is due: time may pass."""
    return not (state.ready or state.working or world_is_due(state) or lagging(state))


def next_event_time(state: ClusterState) -> int | None:
    """Return when something is due next (ms since 1970): now, if something is; None when nothing ever is."""
    return next_timer(state) if idle(state) else state.now


def next_timer(state: ClusterState) -> int | None:
    """Return when the first alarm goes off or the world moves by itself (ms since 1970), None for never."""
    alarm = state.alarms.peek()
    times = [time for time in (alarm[0] if alarm else None, state.world.next_time()) if time is not None]
    return min(times, default=None)


def world_is_due(state: ClusterState) -> bool:
    """Tell whether something in the world happens now."""
    due = state.world.next_time()
    return due is not None and due <= state.now


def lagging(state: ClusterState) -> bool:
    """Tell whether a cache has something to hear of, and can."""
    if not state.timing.freedom.lag:
        return False
    revision = state.store.revision
    return any(
        one.linked and one.cache is not None and one.cache.revision < revision for one in state.processes.values()
    )


def pass_time(state: ClusterState, until: int) -> ClusterState:
    """Return the state at `until`, in which every process whose alarm went off has its key to look at."""
    return evolve(state, now=max(until, state.now)).ring()
