"""Starting and stopping processes: a start lists everything and queues it, a stop forgets.

Models what a restarted controller or kubelet does first: it lists each kind that it watches and looks at every object
as if it had just been added. One that runs pods also looks at whatever runs there, and at the manifests on its machine.
A process on a master talks to the API server beside it.
"""

from __future__ import annotations

from kcore.api.kinds import key_of
from kcore.apiserver.changes import Change
from kcore.client.component import Component, ComponentKey, Components
from kcore.cluster.asking import routed_to
from kcore.cluster.kinds import kinds_of
from kcore.cluster.process import Process
from kcore.cluster.state import ClusterState


def start(state: ClusterState, component: Component, instance: str, server: str = "") -> ClusterState:
    """Return the state in which `component` runs as `instance`, talks to `server` and has listed what it watches.

    One that ran before has forgotten everything.
    """
    name = ComponentKey(component.family, instance)
    masters = state.control_plane.masters()
    preferred = server or (instance if instance in masters else masters[0])
    cache = state.store if state.timing.freedom.lag else None
    linked = not component.per_node or state.world.machine(instance).connected
    after = state.with_process(name, Process(server=preferred, cache=cache, linked=linked))
    for kind in sorted(kinds_of(component, after.store)):
        for found in after.store.list(kind):
            added = Change(revision=after.store.revision, key=key_of(found), old=None, new=found)
            for routed_name, key in routed_to(after, component, added, after.store):
                if routed_name == name:
                    after = after.enqueue(name, key)
    if component.runs_pods:
        for sandbox in after.world.sandboxes_on(instance):
            after = after.enqueue(name, sandbox.pod)
        for static in after.world.machine(instance).static_pods:
            after = after.enqueue(name, key_of(static))
    return after


def start_all(state: ClusterState, components: Components, nodes: tuple[str, ...]) -> ClusterState:
    """Return the state in which each family runs on the nodes or masters where it belongs."""
    for component in components.values():
        for instance in nodes if component.per_node else state.control_plane.masters():
            state = start(state, component, instance)
    return state


def stop(state: ClusterState, name: ComponentKey) -> ClusterState:
    """Return the state in which the process `name` does not run: its queue, memory and cache are lost."""
    return state.without_process(name) if name in state.processes else state
