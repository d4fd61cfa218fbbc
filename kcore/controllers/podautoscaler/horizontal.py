"""The HorizontalPodAutoscaler controller: a look every 15 seconds, and what one look does.

Models reconcileAutoscaler: the scale of the target is read and written live, through its subresource; a target of size
zero is left alone; one out of bounds is brought back to them whatever the metrics say; else the metrics decide, at the
pace that `pace` allows. An autoscaler whose metrics say nothing leaves the size as it is. A new one is first looked at
after 15 seconds, and changes of it wait for the next look.

Pods that more than one autoscaler stands for are scaled by none. Not modelled: this is noticed for the pods of the
targets of autoscalers, but not for pods that the selector of a target merely happens to match.

Not modelled: the gate HPAScaleToZero, which is off.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/podautoscaler/horizontal.go
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

import attrs

from kcore.api.autoscaling.horizontalpodautoscaler import HorizontalPodAutoscaler
from kcore.api.autoscaling.scale import Scale
from kcore.api.evolve import evolve
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.store import Store
from kcore.client.component import CUSTOM, LEADER, Component, Work, Write
from kcore.client.instant import Instant, awaited
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.controllers.podautoscaler.compute import Computed, Found, compute_replicas, tolerances_of
from kcore.controllers.podautoscaler.pace import Record, Wish, begun, normalize, out_of_bounds, scaled
from kcore.controllers.podautoscaler.replica_calculator import Scaled
from kcore.controllers.podautoscaler.selectors import SCALED, selected_pods, target_key
from kcore.controllers.podautoscaler.status import ABLE, ACTIVE, LIMITED, Session
from kcore.reconcile.program import Program, ask, play
from kcore.world.metrics import SOURCES, Answer, MetricsView, Question, Source

RESYNC_PERIOD = 15_000
"""How often an autoscaler is looked at, ms."""

SCALE = "scale"
_NO_SCALE = "the HPA controller was unable to get the target's current scale"


@attrs.frozen(kw_only=True)
class Memory:
    """What is remembered of the autoscaler `uid`: when it is looked at next, and its record from the first look on."""

    uid: str
    due: Instant
    record: Record | None = None


@attrs.frozen(kw_only=True)
class Decision:
    """The size to take in place of the one in `wish`, why, and the record afterwards.

    `computed` is what the metrics said, if they were asked; if that was nothing, the decision is `broken`.
    """

    replicas: int
    wish: Wish
    record: Record
    why: str = ""
    computed: Computed | None = None
    broken: bool = False


def reconcile(memory: Memory | None, view: View, key: Key) -> Turn:
    """Look at the autoscaler at `key` if it is time."""
    found = view.get(ObjectKey(*key))
    if not isinstance(found, HorizontalPodAutoscaler):
        return Turn()
    if memory is None or memory.uid != found.metadata.uid:
        due = awaited(view.now() + RESYNC_PERIOD)
        return Turn(memory=Memory(uid=found.metadata.uid, due=due), wake_at=due)
    if not view.elapsed(memory.due, 0):
        return Turn(memory=memory, wake_at=memory.due)
    return play(sync(memory, Session(view, found)), view.answers)


def sync(memory: Memory, session: Session) -> Program[Turn]:
    """Look at an autoscaler once, and again after the usual time."""
    record = yield from reconcile_autoscaler(session, memory.record)
    due = awaited(session.view.now() + RESYNC_PERIOD)
    return Turn(memory=evolve(memory, due=due, record=record), notes=tuple(session.notes), wake_at=due)


def reconcile_autoscaler(session: Session, record: Record | None) -> Program[Record | None]:
    """Bring the size of the target nearer to what is asked for, and return the record afterwards."""
    view, spec = session.view, session.found.spec
    target = target_key(session.found)
    answer = None if target is None else (yield from ask(Request(verb=Verb.GET, key=target, subresource=SCALE)))
    scale = answer.object if answer is not None else None
    if target is None or not isinstance(scale, Scale):
        why = _why(answer) if answer is not None else f'no matches for kind "{spec.scale_target_ref.kind}"'
        session.tell("FailedGetScale", why)
        session.condition(ABLE, "FailedGetScale", f"{_NO_SCALE}: {why}", holds=False)
        yield from session.write_conditions()
        return record
    message = "the HPA controller was able to get the target's current scale"
    session.condition(ABLE, "SucceededGetScale", message, holds=True)
    if record is None:
        record = begun(spec, scale.spec.replicas, view.now())
    decision = decide(session, scale, record)
    return (yield from _rescale(session, target, scale, decision))


def decide(session: Session, scale: Scale, record: Record) -> Decision:
    """Return the size that a target of this `scale` is to have, and set the conditions that say so."""
    spec, view, current = session.found.spec, session.view, scale.spec.replicas
    minimum = 1 if spec.min_replicas is None else spec.min_replicas
    wish = Wish(
        current=current,
        wanted=current,
        minimum=minimum,
        maximum=spec.max_replicas,
        now=view.now(),
        elapsed=view.elapsed,
    )
    if not current and minimum:
        message = "scaling is disabled since the replica count of the target is zero"
        session.condition(ACTIVE, "ScalingDisabled", message, holds=False)
        return Decision(replicas=current, wish=wish, record=record)
    forced = out_of_bounds(wish)
    if forced is not None:
        return Decision(replicas=forced[0], wish=wish, record=record, why=forced[1])
    computed = _computed(session, scale)
    if computed.replicas is None:
        session.tell("FailedComputeMetricsReplicas", computed.problem)
        return Decision(replicas=current, wish=wish, record=record, computed=computed, broken=True)
    wanted = max(computed.replicas, 0)
    paced = normalize(spec, record, evolve(wish, wanted=wanted))
    session.condition(ABLE, *paced.able, holds=True)
    session.condition(LIMITED, *paced.limit, holds=paced.limited)
    why = (
        f"{computed.name} above target" if wanted > current else "All metrics below target" if wanted < current else ""
    )
    return Decision(replicas=paced.replicas, wish=wish, record=paced.record, why=why, computed=computed)


def _computed(session: Session, scale: Scale) -> Computed:
    """Return what the metrics ask for, and set the condition that says whether they ask for anything."""
    view, namespace = session.view, session.found.metadata.namespace
    flaw, pods = selected_pods(session, scale)
    if flaw:
        return Computed(flaw=flaw)
    asked = Found(
        namespace=namespace,
        of=Scaled(
            pods=pods,
            current=scale.spec.replicas,
            tolerances=tolerances_of(session.found.spec),
            elapsed=view.elapsed,
        ),
        status_replicas=scale.status.replicas,
        ask=view.metrics if isinstance(view, MetricsView) else _nothing,
    )
    computed = compute_replicas(session.found.spec.metrics, asked)
    for failure in computed.failures:
        session.tell(failure.reason, failure.problem)
    if computed.replicas is None:
        first = computed.failures[0]
        message = f"the HPA was unable to compute the replica count: {first.problem}"
        session.condition(ACTIVE, first.reason, message, holds=False)
    else:
        message = f"the HPA was able to successfully calculate a replica count from {computed.name}"
        session.condition(ACTIVE, "ValidMetricFound", message, holds=True)
    return computed


def _rescale(session: Session, target: ObjectKey, scale: Scale, decision: Decision) -> Program[Record]:
    """Write the size that was decided, if it is another one, and the status."""
    current, replicas = scale.spec.replicas, decision.replicas
    statuses = decision.computed.statuses if decision.computed else ()
    if decision.broken:
        yield from session.write(current, None, statuses, scaled=False)
        return decision.record
    if replicas == current:
        yield from session.write(current, current, statuses, scaled=False)
        return decision.record
    body = evolve(scale, spec=evolve(scale.spec, replicas=replicas))
    answer = yield from ask(Request(verb=Verb.UPDATE, key=target, subresource=SCALE, body=body))
    size = f"New size: {replicas}; reason: {decision.why}"
    if not answer.ok:
        session.tell("FailedRescale", f"{size}; error: {_why(answer)}")
        message = f"the HPA controller was unable to update the target scale: {_why(answer)}"
        session.condition(ABLE, "FailedUpdateScale", message, holds=False)
        yield from session.write(current, None, statuses, scaled=False)
        return decision.record
    message = f"the HPA controller was able to update the target scale to {replicas}"
    session.condition(ABLE, "SucceededRescale", message, holds=True)
    session.tell("SuccessfulRescale", size, warning=False)
    yield from session.write(current, replicas, statuses, scaled=True)
    return scaled(session.found.spec.behavior, decision.record, decision.wish, replicas)


def _nothing(_: Question) -> Answer:
    """Answer for a metrics API that is not there."""
    return Answer()


def _why(answer: Response) -> str:
    return answer.status.message if answer.status else "it has no scale"


def watch_autoscaler(change: Change, _: Store) -> Iterator[Work]:
    """Yield a look at the autoscaler that changed."""
    yield Work(LEADER, change.key)


def podautoscaler(sources: Mapping[str, Source] = SOURCES) -> Component:
    """Return the controller; `sources` are the metrics APIs that there may be, by the name that the world gives."""
    return Component(
        family="horizontal-pod-autoscaler-controller",
        watches={"HorizontalPodAutoscaler": watch_autoscaler},
        reconcile=reconcile,
        writes=frozenset(
            {
                Write(Verb.UPDATE, "HorizontalPodAutoscaler", "status"),
                *(Write(Verb.UPDATE, kind, SCALE) for kind in (*SCALED, CUSTOM)),
            }
        ),
        sees=functools.partial(MetricsView, sources=sources),
    )


HORIZONTALPODAUTOSCALER = podautoscaler()
