"""MutatingAdmissionWebhook and ValidatingAdmissionWebhook: writes that somebody else has a say in.

Models the webhooks of all configurations, by name, that a write matches by rules, selectors and conditions. One that
nobody answers for is an error for the failure policy to judge, so that a webhook that is down may keep its own pods
from coming back. What a webhook answers is up to the function of its name; one without a function allows everything. A
mutating webhook that wants it is called once more when others have changed the object after it.

Not modelled: writes through subresources, equivalent kinds, and reinvocation because of other plugins.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/validating/dispatcher.go
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from kcore.api.convert import to_wire
from kcore.api.json import Json, Wire
from kcore.api.kinds import Kind
from kcore.api.object import ApiObject
from kcore.apiserver.celfunctions import LIBRARY
from kcore.apiserver.expressions import ExpressionError, evaluate
from kcore.apiserver.outcome import Operation
from kcore.apiserver.patch.operations import json_patch
from kcore.apiserver.patch.strategic import PatchError
from kcore.apiserver.plugin import Plugin
from kcore.apiserver.policy.asking import any_of, asked_of, namespace_of
from kcore.apiserver.policy.evaluation import values_of
from kcore.apiserver.policy.matching import Asked, matches
from kcore.apiserver.policy.reaching import trouble
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Status, forbidden, internal_error
from kcore.apiserver.store import Store
from kcore.apiserver.webhook import Answer, Review, WebhookFunction, allow

MUTATING, VALIDATING = "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"
_EXEMPT = frozenset(
    {
        MUTATING,
        VALIDATING,
        *(f"{sort}AdmissionPolicy{part}" for sort in ("Mutating", "Validating") for part in ("", "Binding")),
    }
)
"""The kinds that no webhook has a say in."""


class Hook(NamedTuple):
    """A webhook that a write may meet: itself in JSON, why nobody answers for it ("": somebody does), what it does."""

    webhook: Json
    trouble: str
    function: WebhookFunction


class Facts(NamedTuple):
    """What mutating webhooks need to know beside the body."""

    hooks: tuple[Hook, ...]
    operation: str
    kind: Kind
    old: Json
    namespace: Json
    dry_run: bool
    default: Callable[[Wire], None]


def hooks(operation: Operation, store: Store, configuration: str) -> tuple[Hook, ...]:
    """Return the webhooks of all configurations of a kind, in the order of their names."""
    if operation.key.kind in _EXEMPT:
        return ()
    context = operation.context
    found = []
    for one in map(to_wire, store.list(configuration)):
        for webhook in one.get("webhooks") or ():
            function = context.webhooks.get(webhook.get("name", ""), allow)
            found.append(Hook(Json.of(webhook), trouble(store, webhook, context.answering), function))
    return tuple(found)


def _facts(operation: Operation, body: ApiObject) -> Facts | None:
    """Return what the mutating webhooks need to know, None where there are none."""
    store = operation.store
    found = hooks(operation, store, MUTATING) if any_of(store, MUTATING) else ()
    if not found:
        return None
    old = store.get(operation.key) if operation.request.verb is not Verb.CREATE else None
    namespace = namespace_of(store, operation.kind, body)
    return Facts(
        hooks=found,
        operation="CREATE" if old is None else "UPDATE",
        kind=operation.kind,
        old=Json.of({} if old is None else to_wire(old)),
        namespace=Json.of(namespace or {}),
        dry_run=operation.request.options.dry_run,
        default=operation.strategy.default,
    )


def _mutate(wire: Wire, facts: Facts) -> Status | None:
    """Let the mutating webhooks change the body, one after the other, and once more those that want to see the end."""
    left: list[tuple[Hook, Wire]] = []
    for hook in facts.hooks:
        answer = _changed(hook, wire, facts)
        if isinstance(answer, Status):
            return answer
        if answer is not None and hook.webhook.value.get("reinvocationPolicy") == "IfNeeded":
            left.append((hook, copy.deepcopy(wire)))
    for hook, seen in left:
        answer = _changed(hook, wire, facts) if wire != seen else None
        if isinstance(answer, Status):
            return answer
    return None


def _changed(hook: Hook, wire: Wire, facts: Facts) -> Answer | Status | None:
    """Let one mutating webhook change the body; return its answer, None where it is not asked."""
    asked = Asked(
        operation=facts.operation,
        kind=facts.kind,
        name=(wire.get("metadata") or {}).get("name", ""),
        new=wire,
        old=facts.old.value or None,
        namespace=facts.namespace.value or None,
        dry_run=facts.dry_run,
    )
    answer = called(hook, asked)
    if isinstance(answer, Answer) and answer.patch:
        try:
            changed = json_patch(wire, [dict(one) for one in answer.patch])
        except PatchError as error:
            return internal_error(f'webhook "{_name(hook)}" sent a patch that does not apply: {error}')
        facts.default(changed)
        wire.clear()
        wire.update(changed)
    return answer


def _charge(operation: Operation, store: Store, new: ApiObject, old: ApiObject | None) -> Store | Status:
    """Return the store as it is, or what a validating webhook has against the write."""
    found = hooks(operation, store, VALIDATING) if any_of(store, VALIDATING) else ()
    if not found:
        return store
    refusal = _validated(operation, store, found, "CREATE" if old is None else "UPDATE", new, old)
    return store if refusal is None else refusal


def _check(operation: Operation, _: ApiObject | None) -> Status | None:
    """Return what a webhook of either sort has against the deletion of what is there."""
    store, old = operation.store, operation.store.get(operation.key)
    found = () if old is None else (*hooks(operation, store, MUTATING), *hooks(operation, store, VALIDATING))
    return _validated(operation, store, found, "DELETE", None, old) if found else None


def _validated(
    operation: Operation,
    store: Store,
    found: tuple[Hook, ...],
    how: str,
    new: ApiObject | None,
    old: ApiObject | None,
) -> Status | None:
    return next(_refusals(found, asked_of(operation, store, how, new, old)), None)


def _refusals(found: tuple[Hook, ...], asked: Asked) -> Iterator[Status]:
    for hook in found:
        answer = called(hook, asked)
        if isinstance(answer, Status):
            yield answer


def called(hook: Hook, asked: Asked) -> Answer | Status | None:
    """Return what a webhook answers to a write, a refusal if it says no; None where it is not about the write."""
    webhook = hook.webhook.value
    resources = {"resourceRules": webhook.get("rules") or (), **webhook}
    if not matches(resources, asked):
        return None
    fails = webhook.get("failurePolicy", "Fail") == "Fail"
    try:
        values = values_of(asked, None)
        conditions = (one["expression"] for one in webhook.get("matchConditions") or ())
        if not all(evaluate(one, values, LIBRARY) is True for one in conditions):
            return None
    except ExpressionError as error:
        return forbidden(asked.kind, asked.name, str(error)) if fails else None
    if hook.trouble:
        said = f'failed calling webhook "{_name(hook)}": failed to call webhook: {hook.trouble}'
        return internal_error(said) if fails else None
    answer = hook.function(_review(asked))
    if answer.allowed:
        return answer
    said = f"denied the request: {answer.message}" if answer.message else "denied the request without explanation"
    message = f'admission webhook "{_name(hook)}" {said}'
    return Status(code=answer.code or 403, reason=answer.reason or "Forbidden", message=message)


def _review(asked: Asked) -> Review:
    metadata = (asked.new or asked.old or {}).get("metadata") or {}
    return Review(
        operation=asked.operation,
        kind=asked.kind.kind,
        api_version=asked.kind.api_version,
        name=asked.name,
        namespace=metadata.get("namespace", ""),
        object=copy.deepcopy(asked.new),
        old_object=copy.deepcopy(asked.old),
        dry_run=asked.dry_run,
    )


def _name(hook: Hook) -> str:
    name: Any = hook.webhook.value.get("name", "")
    return str(name)


_WRITES = frozenset({Verb.CREATE, Verb.UPDATE})

MUTATING_WEBHOOKS = Plugin(name="MutatingAdmissionWebhook", verbs=_WRITES, facts=_facts, mutate=_mutate)
VALIDATING_WEBHOOKS = Plugin(name="ValidatingAdmissionWebhook", verbs=_WRITES, charge=_charge)
ON_DELETE = Plugin(name="ValidatingAdmissionWebhook", verbs=frozenset({Verb.DELETE}), check=_check)
