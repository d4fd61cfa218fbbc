"""MutatingAdmissionPolicy: writes are what bound policies make of them.

Models policies in the order of their names, each with its bindings in theirs and their parameters; failure policies;
and that one which wants it is asked once more when a later one has changed the object. Policies are never changed by
policies.

Not modelled: writes through subresources, who it is that writes, and that built-in plugins look once more.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating/dispatcher.go
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

from kcore.api.convert import to_wire
from kcore.api.fields import type_of
from kcore.api.json import Json, Wire
from kcore.api.kinds import Kind
from kcore.api.object import ApiObject
from kcore.apiserver.apply.shape import Shape, shape_of
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Plugin
from kcore.apiserver.policy.asking import any_of, namespace_of
from kcore.apiserver.policy.matching import Asked, matches
from kcore.apiserver.policy.mutation import mutated
from kcore.apiserver.policy.params import NOT_FOUND, params_of
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Cause, Status

POLICY, BINDING = "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"
_EXEMPT_GROUP = "admissionregistration.k8s.io"


class Bound(NamedTuple):
    """A policy with one of its bindings and a parameter; `missing` says that there should be one."""

    policy: Json
    binding: Json
    param: Json
    missing: bool = False


class Facts(NamedTuple):
    """What the policies need to know beside the body."""

    bound: tuple[Bound, ...]
    operation: str
    kind: Kind
    old: Json
    namespace: Json
    dry_run: bool
    shape: Shape
    default: Callable[[Wire], None]


def _facts(operation: Operation, body: ApiObject) -> Facts | None:
    """Return what the policies need to know, None where there are none."""
    store = operation.store
    if not any_of(store, BINDING) or operation.kind.group == _EXEMPT_GROUP:
        return None
    old = store.get(operation.key) if operation.request.verb is not Verb.CREATE else None
    return Facts(
        bound=_bound(operation, body),
        operation="CREATE" if old is None else "UPDATE",
        kind=operation.kind,
        old=Json.of({} if old is None else to_wire(old)),
        namespace=Json.of(namespace_of(store, operation.kind, body) or {}),
        dry_run=operation.request.options.dry_run,
        shape=operation.strategy.shape or shape_of(type_of(operation.kind.api_version, operation.kind.kind)),
        default=operation.strategy.default,
    )


def _bound(operation: Operation, body: ApiObject) -> tuple[Bound, ...]:
    """Return the policies with their bindings and parameters, in their order."""
    store = operation.store
    bindings = [to_wire(one) for one in store.list(BINDING)]
    found = []
    for policy in map(to_wire, store.list(POLICY)):
        for binding in bindings:
            spec = binding.get("spec") or {}
            if spec.get("policyName") != policy["metadata"]["name"]:
                continue
            params = params_of(store, policy.get("spec") or {}, spec, body.metadata.namespace)
            pair = (Json.of(policy), Json.of(binding))
            if params is None:
                found.append(Bound(*pair, Json(), missing=True))
            found += [Bound(*pair, Json.of(one or {})) for one in params or ()]
    return tuple(found)


def _mutate(wire: Wire, facts: Facts) -> Status | None:
    """Let the policies change the body, one after the other, and once more those that want to see the end."""
    refused: list[str] = []
    again: list[tuple[Bound, Wire]] = []
    for bound in facts.bound:
        policy = bound.policy.value.get("spec") or {}
        if not _is_about(bound, policy, wire, facts):
            continue
        refused += _changed(bound, policy, wire, facts)
        if policy.get("reinvocationPolicy") == "IfNeeded":
            again.append((bound, copy.deepcopy(wire)))
    for bound, seen in again:
        policy = bound.policy.value.get("spec") or {}
        if wire != seen and _is_about(bound, policy, wire, facts):
            refused += _changed(bound, policy, wire, facts)
    if not refused:
        return None
    causes = tuple(Cause(reason="", message=one) for one in refused)
    return Status(code=403, reason="Invalid", message=refused[0], causes=causes)


def _asked(wire: Wire, facts: Facts) -> Asked:
    return Asked(
        operation=facts.operation,
        kind=facts.kind,
        name=(wire.get("metadata") or {}).get("name", ""),
        new=wire,
        old=facts.old.value or None,
        namespace=facts.namespace.value or None,
        dry_run=facts.dry_run,
    )


def _is_about(bound: Bound, policy: Wire, wire: Wire, facts: Facts) -> bool:
    binding, asked = bound.binding.value.get("spec") or {}, _asked(wire, facts)
    return matches(policy.get("matchConstraints"), asked) and matches(binding.get("matchResources"), asked)


def _changed(bound: Bound, policy: Wire, wire: Wire, facts: Facts) -> list[str]:
    """Let one policy change the body; return what refuses the write."""
    made, errors = wire, [f"failed to configure binding: {NOT_FOUND}"]
    if not bound.missing:
        made, errors = mutated(policy, _asked(copy.deepcopy(wire), facts), bound.param.value or None, facts.shape)
    if made != wire:
        facts.default(made)
        wire.clear()
        wire.update(made)
    if policy.get("failurePolicy") == "Ignore":
        return []
    names = (bound.policy.value["metadata"]["name"], bound.binding.value["metadata"]["name"])
    return [f"policy '{names[0]}' with binding '{names[1]}' denied request: {error}" for error in errors]


_WRITES = frozenset({Verb.CREATE, Verb.UPDATE})

PLUGIN = Plugin(name=POLICY, verbs=_WRITES, facts=_facts, mutate=_mutate)
