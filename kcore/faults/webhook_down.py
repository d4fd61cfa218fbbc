"""An admission webhook hangs, and answers again.

Models a webhook whose process takes calls and does not answer them, while its pods are ready and its Service has
endpoints: what its failure policy says then is the only thing between it and every write that it is about.

Not modelled: answers that are wrong or late; each call either has its answer at once or times out.

Upstream: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#timeouts
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.api.convert import to_wire
from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

DOWN_RULE = "faults.stop_webhook"
UP_RULE = "faults.start_webhook"
BUDGET = "webhookDown"
CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


@attrs.frozen
class WebhookDown:
    """The webhook of this name does not answer any more."""

    webhook: str


@attrs.frozen
class WebhookUp:
    """The webhook of this name answers again."""

    webhook: str


def _configured(state: ClusterState) -> list[str]:
    """Return the names of all webhooks, sorted."""
    found = (to_wire(one) for kind in CONFIGURATIONS for one in state.store.list(kind))
    return sorted({str(hook.get("name", "")) for one in found for hook in one.get("webhooks") or ()})


def _down_refused(state: ClusterState, event: WebhookDown) -> Refusal | None:
    if event.webhook in state.control_plane.silent:
        return Refusal(DOWN_RULE, "the webhook hangs already", webhook=event.webhook)
    if event.webhook not in _configured(state):
        return Refusal(DOWN_RULE, "there is no such webhook", webhook=event.webhook)
    return None


def _up_refused(state: ClusterState, event: WebhookUp) -> Refusal | None:
    if event.webhook in state.control_plane.silent:
        return None
    return Refusal(UP_RULE, "the webhook does not hang", webhook=event.webhook)


def _down(state: ClusterState, _: Components, event: WebhookDown) -> ClusterState:
    return _with(state, state.control_plane.silent | {event.webhook})


def _up(state: ClusterState, _: Components, event: WebhookUp) -> ClusterState:
    return _with(state, state.control_plane.silent - {event.webhook})


def _with(state: ClusterState, silent: frozenset[str]) -> ClusterState:
    return attrs.evolve(state, control_plane=attrs.evolve(state.control_plane, silent=silent))


def _that_answer(state: ClusterState) -> Sequence[WebhookDown]:
    return [WebhookDown(name) for name in _configured(state) if name not in state.control_plane.silent]


def _that_hang(state: ClusterState) -> Sequence[WebhookUp]:
    return [WebhookUp(name) for name in sorted(state.control_plane.silent)]


FAULTS = (
    Fault(
        rule=DOWN_RULE,
        event=WebhookDown,
        budget=BUDGET,
        refused=_down_refused,
        effect=_down,
        candidates=_that_answer,
    ),
    Fault(rule=UP_RULE, event=WebhookUp, mends=BUDGET, refused=_up_refused, effect=_up, candidates=_that_hang),
)
