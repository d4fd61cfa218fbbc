"""Pods of a node that is not ready: their condition Ready becomes False, whatever runs there.

Models MarkPodsNotReady: a pod that never was ready stays as it is, and one that is gone is no error.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/util/node/controller_utils.go
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.times import Time
from kcore.apiserver.request import Request, Verb
from kcore.client.view import View
from kcore.controllers.nodelifecycle.health import READY
from kcore.reconcile.podcondition import condition_of, with_condition
from kcore.reconcile.program import Program, go_on


def mark_pods_not_ready(pods: Iterable[Pod], view: View) -> Program[bool]:
    """Make `pods` not ready; return whether that went well."""
    now = view.timestamp()
    changed = [new for old in pods if (new := not_ready(old, now)) is not old]
    if not changed:
        return True
    answers = yield tuple(
        go_on(Request(verb=Verb.UPDATE, key=key_of(pod), subresource="status", body=pod)) for pod in changed
    )
    return all(one.ok or one.reason == "NotFound" for one in answers)


def not_ready(pod: Pod, now: Time) -> Pod:
    """Return `pod` as not ready; `pod` itself when it is not, or has nothing to say of that."""
    ready = condition_of(pod.status, READY)
    if ready is None or ready.status == "False":
        return pod
    new = attrs.evolve(ready, status="False", observed_generation=pod.metadata.generation)
    return attrs.evolve(pod, status=with_condition(pod.status, new, now))
