"""Turns: a process looks at one key, its calls are made one by one, then its actions touch the world.

Models reading, writing and acting as separate moments: between two calls of one turn others may write, and a process
may crash. `take` begins a turn, `commit` makes its next call, and the last commit ends it.
"""

from __future__ import annotations

import enum

import attrs

from kcore.api.evolve import evolve
from kcore.apiserver.request import Request, Response
from kcore.client.component import Component, ComponentKey, Components, Write
from kcore.client.turn import Call, Key, OnFailure, Turn
from kcore.client.view import View
from kcore.cluster.asking import LOST, READS, UNREACHABLE, Asked, ask
from kcore.cluster.process import Process, Wake, Working
from kcore.cluster.state import ClusterState
from kcore.errors import MisuseError
from kcore.machine import Note, Step
from kcore.world.view import MachineView

_UNDECIDED = Turn()
_LOST = Response(code=LOST.code, status=LOST)


class Fate(enum.Enum):
    """What becomes of a call on its way."""

    ARRIVES = "arrives"
    REQUEST_LOST = "request lost"
    RESPONSE_LOST = "response lost"
    DOUBLED = "doubled"


@attrs.frozen
class _Doing:
    """A state and the process in it that has a turn under way; what becomes of the process is not yet in the state."""

    state: ClusterState
    component: Component
    name: ComponentKey
    process: Process
    working: Working
    notes: tuple[Note, ...]


def take(state: ClusterState, components: Components, name: ComponentKey, key: Key) -> Step[ClusterState]:
    """Begin the turn of the process `name` on `key`, which waits in its queue; without calls it ends at once."""
    process = state.processes[name]
    component = components[name.family]
    seen = state.store if process.cache is None else process.cache
    working = Working(key=key, seen=seen, world=state.world, turn=_UNDECIDED)
    process = evolve(process, queue=process.queue.take(key))
    doing = _Doing(state, component, name, process, working, ())
    return _go_on(evolve(doing, working=_decided(doing)))


def commit(state: ClusterState, components: Components, name: ComponentKey, fate: Fate) -> Step[ClusterState]:
    """Make the next call of the turn that the process `name` has under way."""
    process = state.processes.get(name)
    working = None if process is None else process.working
    if process is None or working is None:
        raise MisuseError(f"{name} has no turn under way")
    call = working.turn.requests[working.done]
    request = evolve(call.request, client=str(name))
    after, response, notes = _send(state, components, request, process, fate)
    doing = _Doing(after, components[name.family], name, after.processes[name], working, notes)
    failed = not response.ok and response.reason not in call.accepts
    if failed and call.on_failure is OnFailure.RETRY and working.attempts + 1 < call.attempts:
        return _pause(evolve(doing, working=evolve(working, attempts=working.attempts + 1)))
    if failed and call.on_failure is not OnFailure.GO_ON:
        return _give_up(doing, call, response)
    answers = (*working.answers, response)
    return _go_on(evolve(doing, working=evolve(working, done=working.done + 1, attempts=0, answers=answers)))


def view_of(component: Component, name: ComponentKey, working: Working, now: int) -> View:
    """Return what the process sees during its turn: its cache, and its own machine if it runs on one."""
    if component.per_node:
        return MachineView(working.seen, now, working.answers, world=working.world, node=name.instance)
    return View(working.seen, now, working.answers)


def _decided(doing: _Doing) -> Working:
    """Return the turn under way with what the component makes of the answers so far."""
    component, working = doing.component, doing.working
    view = view_of(component, doing.name, working, doing.state.now)
    turn = component.reconcile(doing.process.memory.get(working.key), view, working.key)
    if not isinstance(turn, Turn):
        raise MisuseError(f"{component.family} has to return a Turn, not {turn!r}")
    if turn.more and not turn.requests:
        raise MisuseError(f"{component.family} asks for more answers on {working.key}, but makes no request")
    for call in turn.requests:
        _check_declared(component, call.request)
    return evolve(working, turn=turn, done=0, attempts=0)


def _check_declared(component: Component, request: Request) -> None:
    """Refuse a write that the component has not declared."""
    if request.verb in READS or Write(request.verb, request.key.kind, request.subresource) in component.writes:
        return
    wanted = f"{request.verb.value} {request.key.kind}/{request.subresource}".rstrip("/")
    raise MisuseError(f"{component.family} asks to {wanted}, which it does not declare among its writes")


def _send(state: ClusterState, components: Components, request: Request, process: Process, fate: Fate) -> Asked:
    """Return what sending `request` comes to under `fate`."""
    if not process.linked:
        return Asked(state, UNREACHABLE, ())
    if fate is Fate.REQUEST_LOST:
        return Asked(state, _LOST, ())
    asked = ask(state, components, request, process.server)
    if fate is Fate.DOUBLED:
        again = ask(asked.state, components, request, process.server)
        return Asked(again.state, asked.response, asked.notes + again.notes)
    return asked._replace(response=_LOST) if fate is Fate.RESPONSE_LOST else asked


def _go_on(doing: _Doing) -> Step[ClusterState]:
    """Leave the turn under way if it has a call to make, ask for more if it wants the answers, else end it."""
    working = doing.working
    if working.done < len(working.turn.requests):
        return _pause(doing)
    if not working.turn.more:
        return _end(doing)
    told = evolve(doing, notes=doing.notes + working.turn.notes)
    return _go_on(evolve(told, working=_decided(told)))


def _pause(doing: _Doing) -> Step[ClusterState]:
    """Leave the turn under way."""
    process = evolve(doing.process, working=doing.working)
    return Step(doing.state.with_process(doing.name, process), doing.notes)


def _give_up(doing: _Doing, call: Call, response: Response) -> Step[ClusterState]:
    """End a turn whose call failed: nothing is remembered, and the key comes back after its back-off.

    An alarm that was set before stands if it comes earlier.
    """
    state, process, key = doing.state, doing.process, doing.working.key
    queue, delay = process.queue.done(key).failed(key)
    due = min(state.now + delay, process.wakes.get(key, state.now + delay))
    process = evolve(process, queue=queue, working=None)
    refused = Note(
        "turn.failed",
        process=str(doing.name),
        key="/".join(part for part in key if part),
        verb=call.request.verb.value,
        on=str(call.request.key),
        reason=response.reason,
    )
    return Step(_with_alarm(state, doing.name, process, key, due), (*doing.notes, refused))


def _end(doing: _Doing) -> Step[ClusterState]:
    """End a turn whose calls are through: remember, act on the world, set the alarm."""
    state, process, key, turn = doing.state, doing.process, doing.working.key, doing.working.turn
    world = state.world
    for action in turn.actions:
        world = world.act(action, state.now)
    memory = process.memory
    if turn.memory is not None:
        memory = memory.set(key, turn.memory)
    elif key in memory:
        memory = memory.remove(key)
    queue = process.queue.done(key).forget(key)
    due = turn.wake_at
    if due is not None and due <= state.now:
        queue, due = queue.add(key), None
    process = evolve(process, queue=queue, memory=memory, working=None)
    state = state if world is state.world else evolve(state, world=world)
    return Step(_with_alarm(state, doing.name, process, key, due), (*doing.notes, *turn.notes))


def _with_alarm(state: ClusterState, name: ComponentKey, process: Process, key: Key, due: int | None) -> ClusterState:
    """Return the state in which `process` looks at `key` again at the time `due`; None cancels the alarm."""
    planned, alarms = process.wakes.get(key), state.alarms
    if due is None and planned is not None:
        process = evolve(process, wakes=process.wakes.remove(key))
    elif due is not None and due != planned:
        process = evolve(process, wakes=process.wakes.set(key, due))
        alarms = alarms.push(due, Wake(name, key))
    return state.with_process(name, process, alarms=alarms, served=True)
