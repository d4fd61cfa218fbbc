"""Container: one process on a machine, and the table of what can become of it.

Models starting (the image is pulled, the process comes up), waiting for an image or for what the kubelet could not
find, running, stopping after a signal, and the exit with its code. What a container remembers of its past is its last
exit and how often it was started again; what it runs with is its configuration at its start.

A container that uses more memory than its limit is killed by the kernel at that moment, whoever looks.

Not modelled: pauses, and containers in a sandbox that the kubelet did not ask for.

Upstream: https://github.com/kubernetes/cri-api/blob/v0.36.0/pkg/apis/runtime/v1/api.proto
"""

from __future__ import annotations

import enum

import attrs

from kcore.api.evolve import evolve, quick
from kcore.world.behavior import Behavior
from kcore.world.configuration import Configuration, Failure

SIGTERM_EXIT = 143
"""The exit code of a process that ends on SIGTERM without handling it."""

AFTER_HOOK = 2000
"""The least time (ms) that a process is given to stop when the hook before has taken all."""

SIGKILL_EXIT = 137
"""The exit code of a process that is killed."""

OOM_KILLED = "OOMKilled"
"""The reason of an exit for want of memory."""


class ContainerState(enum.Enum):
    """Where a container is."""

    STARTING = "starting"
    WAITING = "waiting"
    RUNNING = "running"
    STOPPING = "stopping"
    EXITED = "exited"

    __hash__ = object.__hash__  # a member is equal to itself alone, and looked up with every status


class Stimulus(enum.Enum):
    """What can happen to a container."""

    STARTED = "its start is through"
    BLOCKED = "its image or its configuration can't be had"
    ENDED = "its process ends by itself"
    STOP = "it is asked to stop"
    STOPPED = "its process ends as asked, or is killed"
    START = "it is asked to start again"


@attrs.frozen(kw_only=True)
class Exit:
    """The end of one run: the exit code, when the run began and ended (ms since 1970), and a reason if there is one."""

    code: int
    started: int
    finished: int
    reason: str = ""


@quick
@attrs.frozen(kw_only=True)
class Container:
    """A container since it was first asked to start; times are ms since 1970.

    `since` is when it came into its state, `due` when something happens to it next (None: nothing by itself) and
    `exit_code` what its process ends with then. `started` is when its process began last. `once` marks a container that
    does its work and ends, as an init container does. `reason` and `message` say why it is WAITING. `exit` is how it
    ended while it is EXITED, `last_exit` how the run before ended. `failure` is why its last start failed, or the start
    under way will; it waits then and can be started again. It runs with `configuration`.

    A process answers probes from `answers_from` until `answers_until` (None: for ever); `ready` tells whether it says
    then that it is ready, and `ready_since` since when. Its probes come back to the same phase every `probed` ms, 0 for
    one that has none. Its hook before a stop takes `pre_stop` ms.

    It may use `memory_limit` bytes, 0 for as many as it likes, and uses what its image does from `uses_from` on; `oom`
    tells that what is due is its end for want of memory. `slowed` is how much later (ms) than usual it answers after a
    start. While it `flaps`, it says that it is not ready and that it is for so many ms by turns, since `ready_since`.
    A `sidecar` has its place among the init containers, from 1 on; 0 for any other.
    """

    name: str
    image: str
    state: ContainerState
    since: int
    due: int | None = None
    once: bool = False
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    started: int | None = None
    ready: bool = False
    restarts: int = 0
    exit: Exit | None = None
    last_exit: Exit | None = None
    failure: Failure | None = None
    configuration: Configuration | None = None
    answers_from: int = 0
    answers_until: int | None = None
    ready_since: int = 0
    probed: int = 0
    pre_stop: int = 0
    memory_limit: int = 0
    uses_from: int = 0
    oom: bool = False
    slowed: int = 0
    flaps: int = 0
    sidecar: int = 0

    @property
    def has_process(self) -> bool:
        """Tell whether a process of it runs."""
        return self.state is ContainerState.RUNNING or self.state is ContainerState.STOPPING


def new_container(name: str, image: str, *, once: bool, restarts: int, now: int, due: int) -> Container:
    """Return a container that is asked to start `now` and has done so at `due`."""
    return Container(
        name=name,
        image=image,
        state=ContainerState.STARTING,
        since=now,
        due=due,
        once=once,
        restarts=restarts,
    )


def start_again(
    container: Container,
    behavior: Behavior,
    now: int,
    due: int,
    failure: Failure | None = None,
    configuration: Configuration | None = None,
) -> Container:
    """Return the container asked `now` to start again: one that ended does so at once, one that waits at `due`.

    One that ended waits where there is a `failure`. One that runs, or waits for ever, is not touched.
    """
    waits = container.state is ContainerState.WAITING and container.failure is not None
    if waits:
        state = ContainerState.STARTING
        return evolve(container, state=state, since=now, due=due, failure=failure, configuration=configuration)
    if container.state is not ContainerState.EXITED:
        return container
    if failure is not None:
        return evolve(
            container,
            state=ContainerState.WAITING,
            since=now,
            reason=failure.reason,
            message=failure.message,
            failure=failure,
            exit=None,
            last_exit=container.exit,
        )
    if configuration != container.configuration:
        container = evolve(container, configuration=configuration)
    return stimulate(container, Stimulus.START, behavior, now)


def fall_due(container: Container, behavior: Behavior, at: int) -> Container:
    """Return the container after what was due `at` has happened."""
    stimulus = _DUE[container.state]
    if stimulus is Stimulus.STARTED and (behavior.waiting or container.failure is not None):
        stimulus = Stimulus.BLOCKED
    return stimulate(container, stimulus, behavior, at)


def stimulate(container: Container, stimulus: Stimulus, behavior: Behavior, at: int) -> Container:
    """Return the container after `stimulus`, itself where that does not apply to its state. STOP goes by `stop`."""
    state = TRANSITIONS.get((container.state, stimulus))
    if state is ContainerState.RUNNING:
        return _running(container, behavior, at)
    if state is ContainerState.EXITED:
        return _exited(container, at)
    if state is ContainerState.WAITING:
        return _waiting(container, behavior, at)
    return container


def stop(container: Container, behavior: Behavior, now: int, takes: int, within: int) -> Container:
    """Return the container asked `now` to stop, which takes it `takes` ms; it is killed `within` ms at the latest.

    A second request can only hasten the end. The hook before the stop is a part of both times, and leaves two seconds
    at least.
    """
    if container.pre_stop:
        hook = min(container.pre_stop, within)
        takes, within = takes + hook, max(within, hook + AFTER_HOOK)
    state = TRANSITIONS.get((container.state, Stimulus.STOP))
    if state is not ContainerState.STOPPING:
        return stimulate(container, Stimulus.STOP, behavior, now)
    deadline = now + within
    if container.state is state and container.due is not None:
        hastened = container.due > deadline
        return evolve(container, due=deadline, exit_code=SIGKILL_EXIT) if hastened else container
    due, code = (now + takes, SIGTERM_EXIT) if takes <= within else (deadline, SIGKILL_EXIT)
    return evolve(container, state=state, since=now, due=due, exit_code=code)


def out_of_memory(container: Container, now: int) -> Container:
    """Return the container that the kernel kills `now` for want of memory, itself if it does not run."""
    if container.state is not ContainerState.RUNNING:
        return container
    return evolve(container, due=now, exit_code=SIGKILL_EXIT, oom=True)


def killed_with_machine(container: Container, now: int) -> Container:
    """Return the container whose machine goes off `now`, itself if it does not run."""
    return _exited(evolve(container, exit_code=SIGKILL_EXIT, oom=False), now) if container.has_process else container


def _waiting(container: Container, behavior: Behavior, at: int) -> Container:
    """Return the container that waits from `at` on: for its image, for what its start failed for, or for nothing."""
    reason = behavior.waiting or (container.failure.reason if container.failure else "ContainerCreating")
    failure = None if behavior.waiting else container.failure
    return evolve(
        container,
        state=ContainerState.WAITING,
        since=at,
        due=None,
        reason=reason,
        message=failure.message if failure else "",
        failure=failure,
        configuration=None,
    )


def _running(container: Container, behavior: Behavior, at: int) -> Container:
    """Return the container whose process begins `at`."""
    ended = container.exit or container.last_exit
    again = ended is not None
    exit_code = 0 if container.once and behavior.exit_code is None else behavior.exit_code
    due, oom = None if exit_code is None else at + behavior.after, False
    if 0 < container.memory_limit < behavior.memory and (due is None or at + behavior.uses_after < due):
        due, exit_code, oom = at + behavior.uses_after, SIGKILL_EXIT, True
    return Container(
        name=container.name,
        image=container.image,
        state=ContainerState.RUNNING,
        since=at,
        due=due,
        once=container.once,
        exit_code=exit_code,
        started=at,
        ready=behavior.ready,
        restarts=container.restarts + again,
        last_exit=ended,
        configuration=container.configuration,
        answers_from=at + behavior.startup + container.slowed,
        answers_until=None if behavior.hangs_after is None else at + behavior.hangs_after,
        ready_since=at,
        probed=container.probed,
        pre_stop=container.pre_stop,
        memory_limit=container.memory_limit,
        uses_from=at + behavior.uses_after if behavior.uses_after else 0,
        oom=oom,
        slowed=container.slowed,
        sidecar=container.sidecar,
    )


def _exited(container: Container, at: int) -> Container:
    """Return the container whose process ends `at`, with the code that was due."""
    started = container.since if container.started is None else container.started
    out_of_memory = container.oom and container.exit_code == SIGKILL_EXIT and container.state is ContainerState.RUNNING
    reason = OOM_KILLED if out_of_memory else ""
    ended = Exit(code=container.exit_code or 0, started=started, finished=at, reason=reason)
    return evolve(container, state=ContainerState.EXITED, since=at, due=None, exit_code=None, ready=False, exit=ended)


_DUE = {
    ContainerState.STARTING: Stimulus.STARTED,
    ContainerState.RUNNING: Stimulus.ENDED,
    ContainerState.STOPPING: Stimulus.STOPPED,
}
"""What happens to a container in this state when its time comes."""

TRANSITIONS = {
    (ContainerState.STARTING, Stimulus.STARTED): ContainerState.RUNNING,
    (ContainerState.STARTING, Stimulus.BLOCKED): ContainerState.WAITING,
    (ContainerState.STARTING, Stimulus.STOP): ContainerState.WAITING,
    (ContainerState.RUNNING, Stimulus.ENDED): ContainerState.EXITED,
    (ContainerState.RUNNING, Stimulus.STOP): ContainerState.STOPPING,
    (ContainerState.STOPPING, Stimulus.STOP): ContainerState.STOPPING,
    (ContainerState.STOPPING, Stimulus.STOPPED): ContainerState.EXITED,
    (ContainerState.EXITED, Stimulus.START): ContainerState.RUNNING,
}
"""The state that a stimulus leads to; what is not here changes nothing. A start that is called off waits for ever.

What the table does not hold: a start that failed is made again, by `start_again`.
"""
