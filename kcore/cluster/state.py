"""ClusterState: the cluster as one immutable value.

Models everything that a later moment depends on: the store, the control plane, every process with what it knows, the
world, the clock, the alarms and the budget of faults. A snapshot, a fork, a backup or an undo is a reference to one.

Rules change it and nothing else does; the functions here are the small moves that rules are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs
from pyrsistent import PMap, pmap

from kcore.api.evolve import evolve
from kcore.api.hashmap import EMPTY as NO_PROCESSES
from kcore.api.hashmap import HashMap
from kcore.apiserver.store import Store
from kcore.client.component import ComponentKey
from kcore.client.fifo import EMPTY as NONE_READY
from kcore.client.fifo import Fifo
from kcore.client.turn import Key
from kcore.cluster.config import ClusterConfig
from kcore.cluster.control_plane import ControlPlane
from kcore.cluster.process import Process, Wake
from kcore.cluster.timing import Timing
from kcore.machine.heap import Heap
from kcore.world.world import World

_NOBODY: frozenset[ComponentKey] = frozenset()


@attrs.frozen(kw_only=True)
class ClusterState:
    """The state; `now` and `last_change` are ms since 1970.

    `ready` holds, in the order of service, the processes that have a key waiting and no turn under way, `working` those
    that have one under way. `alarms` may hold some that were cancelled or moved since, but never as the first. `budget`
    counts the faults that may still happen, by name. `last_change` is when an object last changed; leases and events do
    not count.
    """

    now: int
    store: Store
    control_plane: ControlPlane
    world: World
    config: ClusterConfig
    timing: Timing = Timing.PROMPT
    processes: HashMap[ComponentKey, Process] = NO_PROCESSES
    ready: Fifo[ComponentKey] = NONE_READY
    working: frozenset[ComponentKey] = _NOBODY
    alarms: Heap[Wake] = Heap()
    budget: PMap[str, int] = pmap()
    last_change: int = 0

    def with_process(
        self, name: ComponentKey, process: Process, *, alarms: Heap[Wake] | None = None, served: bool = False
    ) -> ClusterState:
        """Return the state in which the process `name` is `process`, and is served if it has work.

        One that was `served` just now is so after all others that have work.
        """
        before = self.processes.get(name)
        waits, ready = before is not None and before.ready, self.ready
        if waits and (served or not process.ready):
            ready, waits = ready.remove(name), False
        if process.ready and not waits:
            ready = ready.append(name)
        working = self.working
        if (process.working is not None) != (name in working):
            working = working ^ {name}
        processes = self.processes.set(name, process)
        alarms = self.alarms if alarms is None else alarms
        if alarms is not self.alarms or before is None or process.wakes is not before.wakes:
            alarms = _current(alarms, processes)
        return evolve(self, processes=processes, ready=ready, working=working, alarms=alarms)

    def with_busy(self, name: ComponentKey, process: Process) -> ClusterState:
        """Return the state in which the process `name`, which was ready, is `process` and takes a turn to its end."""
        return evolve(self, processes=self.processes.set(name, process), ready=self.ready.remove(name))

    def without_process(self, name: ComponentKey) -> ClusterState:
        """Return the state in which the process `name` does not run."""
        idle = self.with_process(name, Process(server=self.processes[name].server))
        processes = idle.processes.delete(name)
        return evolve(idle, processes=processes, alarms=_current(idle.alarms, processes))

    def enqueue(self, name: ComponentKey, key: Key) -> ClusterState:
        """Return the state in which the process `name` is to look at `key`; unchanged when there is no such process."""
        process = self.processes.get(name)
        if process is None:
            return self
        queue = process.queue.add(key)
        return self if queue is process.queue else self.with_process(name, evolve(process, queue=queue))

    def enqueue_linked(self, heard: Iterable[tuple[ComponentKey, Key]]) -> ClusterState:
        """Return the state in which each process is to look at the keys that it heard of, in order.

        Those that do not run or reach no API server hear of nothing.
        """
        processes, ready = self.processes, self.ready
        for name, key in heard:
            process = processes.get(name)
            if process is None or not process.linked:
                continue
            queue = process.queue.add(key)
            if queue is not process.queue:
                if process.working is None and not process.queue.order:
                    ready = ready.append(name)
                processes = processes.set(name, evolve(process, queue=queue))
        return self if processes is self.processes else evolve(self, processes=processes, ready=ready)

    def ring(self) -> ClusterState:
        """Return the state in which every alarm that is due has gone off: its process has the key to look at.

        Alarms of one time go off by process and key, whichever was set first.
        """
        state, due = self, []
        while (first := state.alarms.peek()) is not None and first[0] <= state.now:
            time, (name, key) = first
            due.append((time, name, key))
            process = state.processes[name]
            state = state.with_process(name, evolve(process, wakes=process.wakes.delete(key)))
        for _, name, key in sorted(due):
            state = state.enqueue(name, key)
        return state


def _current(alarms: Heap[Wake], processes: Mapping[ComponentKey, Process]) -> Heap[Wake]:
    """Return `alarms` without the leading ones that were cancelled or moved since."""
    while (first := alarms.peek()) is not None:
        time, (name, key) = first
        process = processes.get(name)
        if process is not None and process.wakes.get(key) == time:
            break
        alarms = alarms.pop()[1]
    return alarms
