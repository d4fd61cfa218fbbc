"""Links: whether the processes of a node reach the control plane, and whether one process hears of anything.

Models a cut as one fact about the machine: its processes neither ask nor hear, and their caches stay what they were, an
older value of the store. What runs on the machine goes on running. When the link is mended they hear of what they
missed, as a watch that goes on does, or list anew when that is compacted away. A single process may go deaf likewise,
by a watch that hangs; a mended link and a restart cure it too.
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.client.component import ComponentKey, Components
from kcore.cluster.deliver import deliver
from kcore.cluster.state import ClusterState
from kcore.world.disturb import with_link


def cut(state: ClusterState, components: Components, node: str) -> ClusterState:
    """Return the state in which the processes of `node` are cut off."""
    state = evolve(state, world=with_link(state.world, node, connected=False))
    for name in _on(state, components, node):
        state = deafen(state, name)
    return state


def mend(state: ClusterState, components: Components, node: str) -> ClusterState:
    """Return the state in which the processes of `node` reach the control plane again."""
    state = evolve(state, world=with_link(state.world, node, connected=True))
    for name in _on(state, components, node):
        state = listen(state, components, name)
    return state


def deafen(state: ClusterState, name: ComponentKey) -> ClusterState:
    """Return the state in which the process `name` neither asks nor hears, and its cache stays as it is."""
    process = state.processes[name]
    cache = state.store if process.cache is None else process.cache
    return state.with_process(name, evolve(process, linked=False, cache=cache))


def listen(state: ClusterState, components: Components, name: ComponentKey) -> ClusterState:
    """Return the state in which the process `name` asks and hears again, of what it missed too."""
    state = state.with_process(name, evolve(state.processes[name], linked=True))
    if state.timing.freedom.lag:
        return state
    state = deliver(state, components, name, state.store.revision)
    return state.with_process(name, evolve(state.processes[name], cache=None))


def _on(state: ClusterState, components: Components, node: str) -> list[ComponentKey]:
    """Return the processes that run on `node`."""
    names = [ComponentKey(component.family, node) for component in components.values() if component.per_node]
    return [name for name in names if name in state.processes]
