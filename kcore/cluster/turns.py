"""Turns: a process looks at one key, its calls are made one by one, then its actions touch the world.

Models reading, writing and acting as separate moments: between two calls of one turn others may write, and a process
may crash. `take` begins a turn, `commit` makes its next call, and the last commit ends it. `take_whole` does it all at
once, where nobody else can act in between.
"""

from __future__ import annotations

import enum

import attrs

from kcore.api.evolve import evolve
from kcore.apiserver.request import Request, Response
from kcore.apiserver.store import Store
from kcore.client.component import CUSTOM, Component, ComponentKey, Components, Write, is_custom
from kcore.client.turn import AS_BEFORE, Key, OnFailure, Turn
from kcore.client.view import View
from kcore.cluster.asking import LOST, READS, UNREACHABLE, Asked, ask
from kcore.cluster.power import lose
from kcore.cluster.process import COMMON, Process, Wake, Working
from kcore.cluster.state import ClusterState
from kcore.errors import MisuseError
from kcore.machine import Note, Step
from kcore.world.actions import PowerOff
from kcore.world.view import MachineView
from kcore.world.world import World

_UNDECIDED = Turn()
_LOST = Response(code=LOST.code, status=LOST)


class Fate(enum.Enum):
    """What becomes of a call on its way."""

    ARRIVES = "arrives"
    REQUEST_LOST = "request lost"
    RESPONSE_LOST = "response lost"
    DOUBLED = "doubled"


@attrs.define
class _Doing:
    """A turn that is being made, up to the next moment at which others may act: what it has come to so far.

    The fields from `key` on are those of `Working`, to which they are put when others may act.
    """

    components: Components
    name: ComponentKey
    state: ClusterState
    process: Process
    key: Key
    seen: Store
    world: World
    turn: Turn = _UNDECIDED
    done: int = 0
    attempts: int = 0
    answers: list[Response] = attrs.field(factory=list)
    notes: list[Note] = attrs.field(factory=list)

    @property
    def component(self) -> Component:
        """The component that the process is an instance of."""
        return self.components[self.name.family]

    @property
    def working(self) -> Working:
        """The turn as others find it under way."""
        return Working(
            key=self.key,
            seen=self.seen,
            world=self.world,
            turn=self.turn,
            done=self.done,
            attempts=self.attempts,
            answers=tuple(self.answers),
        )


def take(state: ClusterState, components: Components, name: ComponentKey, key: Key) -> Step[ClusterState]:
    """Begin the turn of the process `name` on `key`, which waits in its queue; without calls it ends at once."""
    doing = _begun(state, components, name, key)
    return _paused(doing) if _has_call(doing) else _ended(doing)


def take_whole(state: ClusterState, components: Components, name: ComponentKey, key: Key) -> Step[ClusterState]:
    """Take the turn of the process `name` on `key`, which waits in its queue, with all its calls."""
    doing = _begun(state, components, name, key)
    if _has_call(doing):
        doing.state = state.with_busy(name, evolve(doing.process, working=doing.working))
    while _has_call(doing):
        refused = _call(doing, Fate.ARRIVES)
        if refused is not None:
            return _given_up(doing, refused)
    return _ended(doing)


def commit(state: ClusterState, components: Components, name: ComponentKey, fate: Fate) -> Step[ClusterState]:
    """Make the next call of the turn that the process `name` has under way."""
    process = state.processes.get(name)
    working = None if process is None else process.working
    if process is None or working is None:
        raise MisuseError(f"{name} has no turn under way")
    doing = _Doing(components, name, state, process, working.key, working.seen, working.world, working.turn)
    doing.done, doing.attempts, doing.answers = working.done, working.attempts, list(working.answers)
    refused = _call(doing, fate)
    if refused is not None:
        return _given_up(doing, refused)
    return _paused(doing) if _has_call(doing) else _ended(doing)


def view_of(component: Component, name: ComponentKey, working: Working | _Doing, process: Process, now: int) -> View:
    """Return what the process sees during its turn: its cache, and its own machine or what else it sees."""
    answers = tuple(working.answers)
    if component.sees is not None:
        return component.sees(working.seen, now, answers, world=working.world)
    if component.per_node:
        return MachineView(working.seen, now, answers, world=working.world, node=name.instance)
    return View(working.seen, now, answers, common=process.memory.get(COMMON), lags=process.cache is not None)


def _begun(state: ClusterState, components: Components, name: ComponentKey, key: Key) -> _Doing:
    """Return the turn at its beginning, with what the component wants first."""
    process = state.processes[name]
    seen = state.store if process.cache is None else process.cache
    taken = evolve(process, queue=process.queue.take(key))
    doing = _Doing(components, name, state, taken, key, seen, state.world)
    _decide(doing)
    return doing


def _decide(doing: _Doing) -> None:
    """Ask the component what it makes of the answers so far."""
    component, key = doing.component, doing.key
    turn = component.reconcile(
        doing.process.memory.get(key), view_of(component, doing.name, doing, doing.process, doing.state.now), key
    )
    if not isinstance(turn, Turn):
        raise MisuseError(f"{component.family} has to return a Turn, not {turn!r}")
    if turn.more and not turn.requests:
        raise MisuseError(f"{component.family} asks for more answers on {key}, but makes no request")
    checked = None
    for call in turn.requests:
        if call.request is not checked:
            checked = call.request
            _check_declared(component, checked)
    doing.turn, doing.done, doing.attempts = turn, 0, 0


def _check_declared(component: Component, request: Request) -> None:
    """Refuse a write that the component has not declared."""
    if request.verb in READS or Write(request.verb, request.key.kind, request.subresource) in component.writes:
        return
    if is_custom(request.key.kind) and Write(request.verb, CUSTOM, request.subresource) in component.writes:
        return
    wanted = f"{request.verb.value} {request.key.kind}/{request.subresource}".rstrip("/")
    raise MisuseError(f"{component.family} asks to {wanted}, which it does not declare among its writes")


def _has_call(doing: _Doing) -> bool:
    """Tell whether the turn has a call to make, once the component has had the answers that it wants."""
    while doing.done == len(doing.turn.requests):
        if not doing.turn.more:
            return False
        doing.notes += doing.turn.notes
        _decide(doing)
    return True


def _call(doing: _Doing, fate: Fate) -> Response | None:
    """Make the next call of the turn; return the answer if that is the end of it."""
    call = doing.turn.requests[doing.done]
    request = evolve(call.request, client=str(doing.name))
    doing.state, response, notes = _send(doing, request, fate)
    doing.process = doing.state.processes[doing.name]
    doing.notes += notes
    failed = not response.ok and response.reason not in call.accepts
    if failed and call.on_failure is OnFailure.RETRY and doing.attempts + 1 < call.attempts:
        doing.attempts += 1
        return None
    if failed and call.on_failure is not OnFailure.GO_ON:
        return response
    doing.done, doing.attempts = doing.done + 1, 0
    doing.answers.append(response)
    return None


def _send(doing: _Doing, request: Request, fate: Fate) -> Asked:
    """Return what sending `request` comes to under `fate`."""
    state, components, process = doing.state, doing.components, doing.process
    if not process.linked:
        return Asked(state, UNREACHABLE, ())
    if fate is Fate.REQUEST_LOST:
        return Asked(state, _LOST, ())
    asked = ask(state, components, request, process.server)
    if fate is Fate.DOUBLED:
        again = ask(asked.state, components, request, process.server)
        return Asked(again.state, asked.response, asked.notes + again.notes)
    return asked._replace(response=_LOST) if fate is Fate.RESPONSE_LOST else asked


def _paused(doing: _Doing) -> Step[ClusterState]:
    """Leave the turn under way."""
    process = evolve(doing.process, working=doing.working)
    return Step(doing.state.with_process(doing.name, process), tuple(doing.notes))


def _given_up(doing: _Doing, response: Response) -> Step[ClusterState]:
    """End a turn whose call failed: nothing is remembered, and the key comes back after its back-off.

    An alarm that was set before stands if it comes earlier.
    """
    state, process, key = doing.state, doing.process, doing.key
    call = doing.turn.requests[doing.done]
    queue, delay = process.queue.done(key).failed(key)
    due = min(state.now + delay, process.wakes.get(key, state.now + delay))
    refused = Note(
        "turn.failed",
        process=str(doing.name),
        key="/".join(part for part in key if part),
        verb=call.request.verb.value,
        on=str(call.request.key),
        reason=response.reason,
    )
    process = evolve(process, queue=queue, working=None)
    return Step(_with_alarm(state, doing.name, process, key, due), (*doing.notes, refused))


def _ended(doing: _Doing) -> Step[ClusterState]:
    """End a turn whose calls are through: remember, act on the world, set the alarm."""
    state, process, key, turn = doing.state, doing.process, doing.key, doing.turn
    world = state.world
    vain = turn.retry_at is not None and not all(answer.ok for answer in doing.answers)
    for action in turn.actions:
        before, world = world, world.act(action, state.now)
        vain = vain or world is before
    memory = process.memory
    if turn.memory is not None:
        memory = memory.set(key, turn.memory)
    elif key in memory:
        memory = memory.delete(key)
    if turn.common is not AS_BEFORE:
        memory = memory.set(COMMON, turn.common)
    queue = process.queue.done(key).forget(key)
    due = turn.wake_at
    if vain and turn.retry_at is not None:
        due = turn.retry_at if due is None else min(due, turn.retry_at)
    if due is not None and due <= state.now:
        queue, due = queue.add(key), None
    process = evolve(process, queue=queue, memory=memory, working=None)
    state = state if world is state.world else evolve(state, world=world)
    state = _with_alarm(state, doing.name, process, key, due)
    if turn.actions and type(turn.actions[-1]) is PowerOff:
        state = lose(state, doing.components, doing.name.instance)
    return Step(state, (*doing.notes, *turn.notes))


def _with_alarm(state: ClusterState, name: ComponentKey, process: Process, key: Key, due: int | None) -> ClusterState:
    """Return the state in which `process` looks at `key` again at the time `due`; None cancels the alarm."""
    planned, alarms = process.wakes.get(key), state.alarms
    if due is None and planned is not None:
        process = evolve(process, wakes=process.wakes.delete(key))
    elif due is not None and due != planned:
        process = evolve(process, wakes=process.wakes.set(key, due))
        alarms = alarms.push(due, Wake(name, key))
    return state.with_process(name, process, alarms=alarms, served=True)
