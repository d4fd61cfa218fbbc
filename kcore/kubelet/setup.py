"""Setup: what of ConfigMaps and Secrets is there before the containers of a pod are started, and what is written anew.

Models that volumes are mounted before anything runs, tried again after 0.5 s, 1 s and so on up to 122 s; that a
container without a required reference waits with CreateContainerConfigError and is tried again every 10 s; and that the
files of a running pod follow their objects at its next periodic sync, one a minute since they were written, while the
environment and the files mounted by subPath stay as they were when the container was started.

A container that is told the address of its pod is started once there is a sandbox that has one.

A try that would fail as the one before is not made: what is not there is heard of when it comes, and counts from the
next round on.

Not modelled: jitter, the two minutes after which the whole sync of a pod with missing volumes begins anew, and an
immutable object that was deleted and made again with other contents, which a kubelet does not notice.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/volumemanager/reconciler/reconciler.go
"""

from __future__ import annotations

from collections.abc import Iterator

from pyrsistent import PMap, pmap

from kcore.api.core.container import Container as ContainerSpec
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import Work
from kcore.client.instant import Instant
from kcore.kubelet.configuration import Needs, configuration_of, files_of, needs_of
from kcore.kubelet.downward import Facts, wants_address
from kcore.kubelet.lifecycle import Plan
from kcore.kubelet.memory import Attempt
from kcore.kubelet.phase import TERMINAL
from kcore.machine import Note
from kcore.reconcile.derived import Derived
from kcore.world.actions import StartContainer, WriteFiles
from kcore.world.configuration import CONFIG_ERROR, Failure
from kcore.world.container import Container
from kcore.world.sandbox import Sandbox, SandboxId
from kcore.world.view import MachineView

SYNC_PERIOD = 60_000
"""How often a pod is synced though nothing happened, ms: upstream's syncFrequency."""

START_PERIOD = 10_000
"""How long (ms) until a container that could not be made is tried again: upstream's backOffPeriod."""

FIRST_MOUNT = 500
LAST_MOUNT = 122_000
"""The first and the longest pause (ms) between two tries to mount a volume."""


def set_up(
    plan: Plan, needs: Needs, pod: Pod, sandbox: Sandbox | None, attempt: Attempt | None, view: MachineView, node: str
) -> Plan:
    """Return the plan for a pod that `needs` configuration, as far as that is there; `attempt` is the last that failed.

    A plan with an attempt starts nothing at all.
    """
    files: FrozenMap[FrozenMap[str]] = EMPTY
    if needs.volumes:
        id_ = SandboxId(node, pod.metadata.uid)
        if sandbox is not None and sandbox.containers:
            plan, files = _refreshed(plan, needs, pod, sandbox, view, id_)
        else:
            plan, files = _mounted(plan, needs, pod, attempt, view, id_)
    if not plan.starts or plan.attempt is not None:
        return plan
    specs = {one.name: one for one in (*pod.spec.init_containers, *pod.spec.containers)}
    starts: list[StartContainer] = []
    wakes = [] if plan.wake_at is None else [plan.wake_at]
    for start in plan.starts:
        if start.name not in needs.containers:
            starts.append(start)
            continue
        if sandbox is None and wants_address(specs[start.name]):
            wakes.append(view.now())
            continue
        before = sandbox.container(start.name) if sandbox else None
        found, at = _environment(specs[start.name], before, _facts(pod, sandbox, view, node), files, view, start)
        starts += [found] if found is not None else []
        wakes += [at] if at is not None else []
    return evolve(plan, starts=tuple(starts), wake_at=min(wakes, default=None))


def _environment(
    spec: ContainerSpec,
    before: Container | None,
    facts: Facts,
    files: FrozenMap[FrozenMap[str]],
    view: MachineView,
    start: StartContainer,
) -> tuple[StartContainer | None, int | None]:
    """Return the start of a container with what it needs, or when to try it (ms since 1970), if ever."""
    found = configuration_of(spec, facts.pod.metadata.namespace, view.get, files, facts)
    waits = before is not None and before.failure is not None and before.failure.reason == CONFIG_ERROR
    if before is not None and waits:
        if found == before.failure:
            return None, None
        at = following(before.since, START_PERIOD, view.now())
        if at > view.now():
            return None, at
    if isinstance(found, Failure):
        return evolve(start, failure=found), None
    return evolve(start, configuration=found), None


def _facts(pod: Pod, sandbox: Sandbox | None, view: MachineView, node: str) -> Facts:
    """Return what the containers of a pod may be told of it."""
    here = view.get(ObjectKey("Node", "", node))
    return Facts(pod, "" if sandbox is None else sandbox.address, here if isinstance(here, Node) else None)


def _mounted(
    plan: Plan, needs: Needs, pod: Pod, attempt: Attempt | None, view: MachineView, id_: SandboxId
) -> tuple[Plan, FrozenMap[FrozenMap[str]]]:
    """Return the plan that writes the files of a pod of which nothing was started yet, or waits for them."""
    if attempt is not None and not view.elapsed(attempt.at, attempt.delay):
        return _waiting(plan, attempt), EMPTY
    wanted = files_of(needs, pod.metadata.namespace, view.get)
    if not wanted.missing:
        return _writing(plan, id_, wanted.found, view), wanted.found
    delay = FIRST_MOUNT if attempt is None else min(2 * attempt.delay, LAST_MOUNT)
    failed = Attempt(at=Instant(view.now(), matters=delay), delay=delay, reasons=wanted.missing)
    plan = _waiting(plan, failed)
    if attempt is None or attempt.reasons != failed.reasons:
        plan = evolve(plan, notes=tuple(_notes(pod, wanted.missing)))
    return plan, EMPTY


def _waiting(plan: Plan, attempt: Attempt) -> Plan:
    return evolve(plan, starts=(), wake_at=attempt.at + attempt.delay, attempt=attempt)


def _writing(plan: Plan, id_: SandboxId, files: FrozenMap[FrozenMap[str]], view: MachineView) -> Plan:
    sandbox = view.sandbox(id_.pod_uid)
    if sandbox is not None and sandbox.written is not None and sandbox.files == files:
        return plan
    return evolve(plan, before=(WriteFiles(id=id_, files=files),))


def _refreshed(
    plan: Plan, needs: Needs, pod: Pod, sandbox: Sandbox, view: MachineView, id_: SandboxId
) -> tuple[Plan, FrozenMap[FrozenMap[str]]]:
    """Return the plan that writes anew what has changed, at the next sync; what can't be made stays as it is."""
    found = files_of(needs, pod.metadata.namespace, view.get).found
    files = sandbox.files.update(found)
    if files == sandbox.files or sandbox.written is None:
        return plan, sandbox.files
    at = following(sandbox.written, SYNC_PERIOD, view.now())
    if at <= view.now():
        return _writing(plan, id_, files, view), files
    wake_at = at if plan.wake_at is None else min(at, plan.wake_at)
    return evolve(plan, wake_at=wake_at), sandbox.files


def following(since: int, period: int, now: int) -> int:
    """Return the first of the times `since` + `period`, + 2 `period` and so on that is not before `now`."""
    return since + period * max(1, -(-(now - since) // period))


def _notes(pod: Pod, missing: FrozenMap[str]) -> Iterator[Note]:
    for volume, reason in missing.items():
        message = f'MountVolume.SetUp failed for volume "{volume}" : {reason}'
        yield Note("kubelet.FailedMount", pod=str(key_of(pod)), message=message)


def configuration_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield the pods that name the ConfigMap or Secret, for the nodes that they are bound to."""
    for key in _USERS(store).get((change.key.kind, change.key.namespace, change.key.name), ()):
        pod = store.get(key)
        if isinstance(pod, Pod) and pod.spec.node_name and pod.status.phase not in TERMINAL:
            yield Work(pod.spec.node_name, key)


def _terms(found: ApiObject | None) -> tuple[tuple[str, str, str], ...]:
    needs = needs_of(found.spec) if isinstance(found, Pod) else None
    if needs is None or not isinstance(found, Pod):
        return ()
    return tuple((kind, found.metadata.namespace, name) for kind, name in needs.objects)


def _after(
    index: PMap[tuple[str, str, str], tuple[ObjectKey, ...]], old: ApiObject | None, new: ApiObject | None
) -> PMap[tuple[str, str, str], tuple[ObjectKey, ...]]:
    """Return the index after a pod was `old` and became `new`."""
    left, come = _terms(old), _terms(new)
    if left == come:
        return index
    key = key_of(new or old)  # type: ignore[arg-type]  # one of the two is there
    for term in left:
        rest = tuple(one for one in index[term] if one != key)
        index = index.set(term, rest) if rest else index.remove(term)
    for term in come:
        index = index.set(term, tuple(sorted({*index.get(term, ()), key})))
    return index


_NOBODY: PMap[tuple[str, str, str], tuple[ObjectKey, ...]] = pmap()
_USERS: Derived[PMap[tuple[str, str, str], tuple[ObjectKey, ...]]] = Derived(_NOBODY, _after, ("Pod",))
