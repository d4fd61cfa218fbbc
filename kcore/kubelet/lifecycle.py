"""Lifecycle: which stage of its life a pod is in on this node, and what is to be started or stopped next.

Models the stages of upstream's pod workers: a pod is synced until it is deleted or has ended, then terminating until
nothing of it runs, then terminated. Init containers run one after the other; a sidecar has only to be up before the
next begins; when the regular containers are done for good, the sidecars are stopped.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/pod_workers.go
"""

from __future__ import annotations

import enum

import attrs

from kcore.api.core.container import Container as ContainerSpec
from kcore.api.core.pod import Pod
from kcore.api.evolve import quick
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.resources import is_sidecar
from kcore.client.turn import Action
from kcore.client.view import View
from kcore.kubelet.health import health_of, period_of
from kcore.kubelet.hooks import duration_of
from kcore.kubelet.images import Again, start_again
from kcore.kubelet.memory import Attempt, PodMemory
from kcore.kubelet.phase import ALWAYS, NEVER, ON_FAILURE, TERMINAL
from kcore.kubelet.restart import Restart, restart_of
from kcore.machine import Note
from kcore.world.actions import StartContainer
from kcore.world.container import Container, ContainerState
from kcore.world.sandbox import Sandbox, SandboxId

DEFAULT_GRACE = 30
"""The seconds in which a pod that does not say has to stop."""

MINIMUM_GRACE = 2
"""The least seconds that a container is given to stop: upstream's minimumGracePeriodInSeconds."""


class Stage(enum.Enum):
    """Where a pod is in its life on this node."""

    SYNC = "sync"
    TERMINATING = "terminating"
    TERMINATED = "terminated"


@quick
@attrs.frozen(kw_only=True)
class Plan:
    """What is to be done for a pod that is to run.

    `starts` are the containers to start now; `delays` the back-offs (ms) to remember by container; `held` those that
    hold a restart back; `wake_at` is when the first of these is over (ms since 1970). `over` tells that every regular
    container has ended and none is started again. `pulls` are the back-offs (ms) of images to remember.

    What is to be done `before` the starts, an `attempt` to mount volumes that failed, and the notes on it are those of
    `kcore.kubelet.setup`.
    """

    starts: tuple[StartContainer, ...] = ()
    delays: FrozenMap[int] = EMPTY
    held: FrozenMap[int] = EMPTY
    wake_at: int | None = None
    over: bool = False
    pulls: FrozenMap[int] = EMPTY
    before: tuple[Action, ...] = ()
    attempt: Attempt | None = None
    notes: tuple[Note, ...] = ()


def stage_of(pod: Pod, sandbox: Sandbox | None) -> Stage:
    """Return the stage of `pod`, of which `sandbox` runs here."""
    ended = pod.metadata.deletion_timestamp is not None or pod.status.phase in TERMINAL
    if not ended and (sandbox is None or not sandbox.stopping):
        return Stage.SYNC
    return Stage.TERMINATED if sandbox is None or sandbox.stopped else Stage.TERMINATING


def spec_grace(pod: Pod) -> int:
    """Return the seconds that the pod's spec gives it to stop."""
    given = pod.spec.termination_grace_period_seconds
    return DEFAULT_GRACE if given is None else given


def grace_of(pod: Pod) -> int:
    """Return the seconds that the pod has to stop: those of its deletion, or else those of its spec."""
    deletion = pod.metadata.deletion_grace_period_seconds
    return max(spec_grace(pod) if deletion is None else deletion, MINIMUM_GRACE)


def plan_of(pod: Pod, sandbox: Sandbox | None, known: PodMemory, view: View, node: str) -> Plan:
    """Return what is to be started for `pod`, of which `sandbox` runs on `node`; `known` are the back-offs so far."""
    delays, pulls = known.delays, EMPTY
    if sandbox is not None and _init_failed(pod, sandbox):
        return Plan(delays=delays, over=True)
    starts: list[StartContainer] = []
    wakes: list[int] = []
    held: dict[str, Restart | Again] = {}
    ended: list[str] = []
    for spec, policy in in_turn(pod, sandbox, view):
        container = sandbox.container(spec.name) if sandbox else None
        following: Restart | Again | None = None
        if container is None or (container.exit is not None and container.image != spec.image and policy != NEVER):
            starts.append(_start(pod, spec, node))
        elif container.exit is not None:
            following = restart_of(container.exit, policy, delays.get(spec.name), view)
            delays = delays if following is None else delays.set(spec.name, following.delay)
            ended += [spec.name] if following is None else []
        elif container.failure is not None or spec.name in known.pulls:
            following = start_again(container, known.pulls.get(spec.name), view)
            pulls = pulls.set(spec.name, following.delay) if following.delay else pulls
        if following is not None:
            starts += [_start(pod, spec, node)] if following.now else []
            held |= {spec.name: following} if following.told else {}
            wakes += [following.at] if following.at else []
    return Plan(
        starts=tuple(starts),
        delays=delays,
        pulls=pulls,
        held=FrozenMap((name, one.delay) for name, one in held.items()) if held else EMPTY,
        wake_at=min(wakes, default=None),
        over=all(spec.name in ended for spec in pod.spec.containers),
    )


def in_turn(pod: Pod, sandbox: Sandbox | None, view: View) -> tuple[tuple[ContainerSpec, str], ...]:
    """Return the containers whose turn it is to run, or to have run, each with the restart policy that it is under.

    Before the regular containers have begun, that ends with the first init container that is not through.
    """
    states = {one.name: one for one in sandbox.containers} if sandbox else {}
    begun = any(one.name in states for one in pod.spec.containers)
    turns: list[tuple[ContainerSpec, str]] = []
    for spec in pod.spec.init_containers:
        container = states.get(spec.name)
        if is_sidecar(spec):
            turns.append((spec, ALWAYS))
            through = container is not None and _is_up(spec, container, view)
        else:
            through = container is not None and container.exit is not None and container.exit.code == 0
            if not through and not begun:
                turns.append((spec, ON_FAILURE))
        if not through and not begun:
            return tuple(turns)
    policy = pod.spec.restart_policy
    return (*turns, *((spec, policy) for spec in pod.spec.containers))


def _is_up(spec: ContainerSpec, container: Container, view: View) -> bool:
    """Tell whether a sidecar runs, and has said so if it has a startup probe."""
    if container.state is not ContainerState.RUNNING:
        return False
    return spec.startup_probe is None or health_of(spec, container, None, view.now()).started


def _init_failed(pod: Pod, sandbox: Sandbox) -> bool:
    """Tell whether an init container has failed in a pod that starts nothing again."""
    if pod.spec.restart_policy != NEVER:
        return False
    ends = [sandbox.container(spec.name) for spec in pod.spec.init_containers if not is_sidecar(spec)]
    return any(one is not None and one.exit is not None and one.exit.code != 0 for one in ends)


def _start(pod: Pod, spec: ContainerSpec, node: str) -> StartContainer:
    """Return the action that starts a container; one that ran in a sandbox since lost counts as started again."""
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    old = next((one for one in statuses if one.name == spec.name), None)
    ran = old is not None and (old.state.running is not None or old.state.terminated is not None)
    hooks, limits, init = spec.lifecycle, spec.resources.limits, pod.spec.init_containers
    place = init.index(spec) + 1 if init and spec in init else 0
    sidecar = place if place and is_sidecar(spec) else 0
    return StartContainer(
        id=SandboxId(node, pod.metadata.uid),
        name=spec.name,
        image=spec.image,
        pull=spec.image_pull_policy,
        probed=period_of(spec),
        post_start=0 if hooks is None else duration_of(hooks.post_start),
        pre_stop=0 if hooks is None else duration_of(hooks.pre_stop),
        once=place > 0 and not sidecar,
        restarts=old.restart_count + ran if old is not None else 0,
        memory_limit=limits["memory"].value if limits is not EMPTY and "memory" in limits else 0,
        sidecar=sidecar,
    )
