"""Executor: how the scheduler makes room for a pod that no node takes.

Models the extension point PostFilter as it acts: the plugins are asked in their order, the first that finds a node for
the pod wins. The pod is nominated for the best node, whoever
was nominated there and is outranked is told to look elsewhere, and the victims get the condition DisruptionTarget and
are deleted, gracefully; the pod waits until they are gone. A pod for which preemption finds nothing loses the node that
it was nominated for, and is told why in the message of its condition.

Of nodes that are equally good the first by name is taken.

Not modelled: that the calls are made in parallel, and beside later scheduling cycles; here they are one turn.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/preemption/executor.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kcore.api.core.pod import Pod
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.apiserver.request import Options, PatchType, Request, Response, Verb
from kcore.client.view import View
from kcore.machine import Note
from kcore.reconcile.podcondition import disruption_target, patch_status, with_condition
from kcore.reconcile.program import Telling, ask
from kcore.scheduler.framework import PodInfo, Profile, Rejection
from kcore.scheduler.hypothesis import Promises
from kcore.scheduler.nominations import nominated_to, somebody_is_lower
from kcore.scheduler.preemption import PREEMPTED, Candidate, Preemption, Situation
from kcore.scheduler.snapshot import Snapshot, is_placed
from kcore.scheduler.waiting import priority_of

_MERGE = Options(patch_type=PatchType.MERGE)


class Asking(NamedTuple):
    """A pod that asks for a place: who sees it, in which cluster, by which profile, and what is promised to others.

    `ahead` are pods with the nodes that the view does not know of yet.
    """

    view: View
    snapshot: Snapshot
    profile: Profile
    pod: Pod
    info: PodInfo
    promises: Promises
    ahead: tuple[Pod, ...] = ()


def post_filter(asking: Asking, rejections: Mapping[Rejection, int]) -> Preemption:
    """Return what the plugins could do for a pod that has no place for the reasons in `rejections`."""
    view, snapshot, profile, pod, info, promises, ahead = asking
    if not snapshot.names:
        return Preemption()
    situation = Situation(
        pod=pod,
        info=info,
        snapshot=snapshot,
        profile=profile,
        pods_on=lambda node: [
            *(one for one in view.on_node(node) if isinstance(one, Pod) and is_placed(one)),
            *(one for one in ahead if one.spec.node_name == node),
        ],
        budgets=[one for one in view.list("PodDisruptionBudget") if isinstance(one, PodDisruptionBudget)],
        promises=promises,
        rejections=rejections,
        outranks=lambda: somebody_is_lower(view, ahead, priority_of(pod)),
    )
    messages: list[str] = []
    eligible = False
    for plugin in profile.lifecycle:
        if plugin.post_filter is not None:
            found = plugin.post_filter(situation)
            if found.best:
                return found
            eligible = eligible or found.eligible
            messages += [found.message] if found.message else []
    return Preemption(eligible=eligible, message=", ".join(messages))


def chosen(preemption: Preemption) -> Candidate | None:
    """Return the candidate that is carried out, None when there is none."""
    return next((one for one in preemption.candidates if one.node in preemption.best[:1]), None)


def carry_out(view: View, snapshot: Snapshot, pod: Pod, candidate: Candidate) -> Telling[bool]:
    """Send the victims away, and tell whether that went well."""
    victims = [one for one in candidate.victims if one.metadata.deletion_timestamp is None]
    if not victims:
        return True
    outranked = [one for one in nominated_to(view, snapshot, candidate.node) if priority_of(one) < priority_of(pod)]
    cleared = yield from _clear(outranked)
    for victim in victims:
        if not (yield from _preempt(view, pod, victim)):
            return False
        yield Note("pod.preempted", pod=str(key_of(victim)), by=str(key_of(pod)), node=candidate.node)
    return cleared


def _clear(pods: Iterable[Pod]) -> Telling[bool]:
    """Take the nominated node from each of `pods`."""
    done = True
    for pod in pods:
        body = Json.of({"status": {"nominatedNodeName": None}})
        request = Request(verb=Verb.PATCH, key=key_of(pod), subresource="status", body=body, options=_MERGE)
        done = _settled((yield from ask(request))) and done
    return done


def _preempt(view: View, pod: Pod, victim: Pod) -> Telling[bool]:
    """Tell the victim why it has to go, and delete it."""
    message = f"{pod.spec.scheduler_name}: preempting to accommodate a higher priority pod"
    status = with_condition(victim.status, disruption_target(victim, PREEMPTED, message), view.timestamp())
    if status is not victim.status:
        answer = yield from ask(patch_status(victim, status))
        if not answer.ok:
            return _settled(answer)
    return _settled((yield from ask(Request(verb=Verb.DELETE, key=key_of(victim)))))


def _settled(answer: Response) -> bool:
    """Tell whether a call did what it was for, or the pod is gone already."""
    return answer.ok or answer.reason == "NotFound"
