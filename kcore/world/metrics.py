"""Metrics: what is asked of the pods, and what a metrics API says that they use.

Models load as a quantity of the world, which faults and people change: a `Load` is shared by the pods that serve it, a
`Gauge` is a number by itself, of an object or of nothing in the cluster. What the metrics API makes of these is the
business of a source, a function of the world and the store that has a name; the world holds the name alone, so that
states and traces stay values. The source `SHARED` is the one unless told otherwise.

Not modelled: the way of a sample through kubelet, metrics-server and adapters, and how old it gets on it.

Upstream: https://github.com/kubernetes/metrics/blob/v0.36.0/pkg/apis/metrics/v1beta1/types.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import attrs

from kcore.api.core.pod import Pod
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.resources import pod_limits
from kcore.api.selectors.label import Selector, everything, from_set
from kcore.apiserver.request import Response
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.errors import MisuseError
from kcore.world.sandbox import Sandbox, SandboxId, uid_of

if TYPE_CHECKING:
    from kcore.world.world import World

SHARED = "shared"
"""The name of the source in which the pods that serve a load share it."""

WINDOW = 15_000
"""The ms over which a sample is taken."""

EVERYTHING = everything()


class PodMetric(NamedTuple):
    """One sample: `value` in thousandths, up to the time `timestamp` (ms since 1970), over `window` ms."""

    value: int
    timestamp: int
    window: int


PodMetrics: TypeAlias = Mapping[str, PodMetric]
"""Samples by the name of the pod; a pod that is not there has none."""


@attrs.frozen(kw_only=True, cache_hash=True)
class Load:
    """What is asked of the pods of `namespace` that have the `labels`: so many thousandths of `metric` in all."""

    name: str
    labels: FrozenMap[str]
    milli: int
    metric: str = "cpu"
    namespace: str = "default"


@attrs.frozen(kw_only=True, cache_hash=True)
class Gauge:
    """The value of `metric` in thousandths, of the object `of` ("Service/web"), or of nothing in the cluster ("")."""

    name: str
    metric: str
    milli: int
    of: str = ""
    labels: FrozenMap[str] = EMPTY
    namespace: str = "default"


@attrs.frozen(kw_only=True, cache_hash=True)
class Metrics:
    """What there is to measure, each by its name, and the name of the source that measures it."""

    loads: tuple[Load, ...] = ()
    gauges: tuple[Gauge, ...] = ()
    source: str = SHARED


NO_METRICS = Metrics()


def with_value(metrics: Metrics, name: str, milli: int) -> Metrics:
    """Return `metrics` with the load or gauge `name` at `milli` thousandths."""
    return attrs.evolve(
        metrics,
        loads=tuple(attrs.evolve(one, milli=milli) if one.name == name else one for one in metrics.loads),
        gauges=tuple(attrs.evolve(one, milli=milli) if one.name == name else one for one in metrics.gauges),
    )


@attrs.frozen(kw_only=True)
class Question:
    """What a metrics API is asked: a `metric` of `pods`, of their `container` ("": all), of the object `of`, or "".

    `resource` tells whether it is the use of a resource; `matches` narrows the metric down by its labels.
    """

    metric: str
    namespace: str
    pods: tuple[Pod, ...] = ()
    container: str = ""
    of: str | None = None
    resource: bool = False
    matches: Selector = EVERYTHING


class Answer(NamedTuple):
    """What a metrics API says: a sample a pod, or the values of an object or of an external metric, in thousandths."""

    pods: PodMetrics = EMPTY
    values: Sequence[int] = ()


class MetricsView(View):
    """A view of `store` at the time `now` (ms since 1970), and of the metrics API that `world` names."""

    __slots__ = ("_sources", "_world")

    def __init__(
        self,
        store: Store,
        now: int,
        answers: tuple[Response, ...] = (),
        reads: list[tuple[tuple[object, ...], object]] | None = None,
        *,
        world: World,
        sources: Mapping[str, Source],
    ) -> None:
        """Look at what is measured, and at the API as the cache last heard of it."""
        super().__init__(store, now, answers, reads)
        self._world = world
        self._sources = sources

    def metrics(self, question: Question) -> Answer:
        """Return what the metrics API says; MisuseError when the world names a source that there is none of."""
        name = self._world.metrics.source
        source = self._sources.get(name)
        if source is None:
            known = ", ".join(sorted(self._sources))
            raise MisuseError(f"the world is measured by {name!r}, and there is only {known}")
        return self._read(("metrics", question), source(self._world, self._store, self._now, question))


Source: TypeAlias = "Callable[[World, Store, int, Question], Answer]"
"""What a metrics API says in this world and store at this time (ms since 1970)."""


def shared(world: World, store: Store, now: int, question: Question) -> Answer:
    """Measure the loads, each shared in equal parts by the pods that serve it, and the gauges.

    A pod is measured while its containers run on a machine that the control plane reaches. It uses at most its limit.
    """
    if question.of is not None:
        gauges = (one for one in world.metrics.gauges if _asked_for(one, question))
        return Answer(values=tuple(one.milli for one in gauges))
    loads = [one for one in world.metrics.loads if one.metric == question.metric]
    shares = [(one, _share(world, store, one)) for one in loads]
    samples = {}
    for pod in question.pods:
        if _measured(world, pod):
            used = _used(world, pod, shares, question)
            if used is not None:
                samples[pod.metadata.name] = PodMetric(used, now, WINDOW)
    return Answer(pods=samples)


def borne_by(world: World, store: Store, pod: Pod, metric: str) -> int:
    """Return what the loads of `metric` have a pod bear that serves them, in thousandths."""
    loads = [one for one in world.metrics.loads if one.metric == metric and _is_for(one, pod)]
    return sum(_share(world, store, one) for one in loads) if loads and _serves(world, pod) else 0


def _asked_for(gauge: Gauge, question: Question) -> bool:
    named = (gauge.metric, gauge.namespace, gauge.of) == (question.metric, question.namespace, question.of)
    return named and question.matches.matches(gauge.labels)


def _used(world: World, pod: Pod, shares: Sequence[tuple[Load, int]], question: Question) -> int | None:
    """Return what a pod uses, or the asked part of it, in thousandths; None when there is no such part or metric."""
    borne = [share for load, share in shares if _is_for(load, pod)]
    if not question.resource and not borne:
        return None
    used = sum(borne) if _serves(world, pod) else 0
    limit = pod_limits(pod).get(question.metric) if question.resource else None
    used = used if limit is None else min(used, limit.milli_value)
    return _part(pod, used, question) if question.container else used


def _is_for(load: Load, pod: Pod) -> bool:
    return load.namespace == pod.metadata.namespace and load.labels.items() <= pod.metadata.labels.items()


def _share(world: World, store: Store, load: Load) -> int:
    """Return the part of a load that each pod that serves has to bear; 0 when there is none."""
    bearing = store.select("Pod", load.namespace, from_set(load.labels))
    serving = sum(isinstance(one, Pod) and _serves(world, one) for one in bearing)
    return load.milli // serving if serving else 0


def _part(pod: Pod, used: int, question: Question) -> int | None:
    """Return what one container uses of what its pod uses: by what each requests, or all alike if none does."""
    requests = {one.name: one.resources.requests.get(question.metric) for one in pod.spec.containers}
    if question.container not in requests:
        return None
    milli = {name: 0 if found is None else found.milli_value for name, found in requests.items()}
    whole = sum(milli.values())
    return used * milli[question.container] // whole if whole else used // len(milli)


def _measured(world: World, pod: Pod) -> bool:
    """Tell whether somebody can say what a pod uses: its containers run, on a machine that can be reached."""
    machine, sandbox = world.machines.get(pod.spec.node_name), _sandbox(world, pod)
    return machine is not None and machine.connected and machine.powered and sandbox is not None and sandbox.running


def _serves(world: World, pod: Pod) -> bool:
    """Tell whether a pod bears a part of a load: all its containers run and are ready, and none was asked to stop."""
    sandbox = _sandbox(world, pod)
    if sandbox is None or sandbox.stopping:
        return False
    ready = {one.name for one in sandbox.containers if one.has_process and one.ready}
    return all(one.name in ready for one in pod.spec.containers)


def _sandbox(world: World, pod: Pod) -> Sandbox | None:
    return world.sandboxes.get(SandboxId(pod.spec.node_name, uid_of(pod)))


SOURCES: Mapping[str, Source] = {SHARED: shared}
"""The metrics APIs that there are, by name."""
