"""Admission: the plugins that have a say in a request before it is validated, one module each, and their table."""

from __future__ import annotations

import functools
from collections.abc import Hashable
from typing import TypeAlias, TypeVar

from kcore.api.json import Wire
from kcore.api.object import ApiObject
from kcore.apiserver.admission import (
    default_ingress_class,
    default_storage_class,
    default_toleration_seconds,
    limit_ranger,
    mutating_admission_policy,
    namespace_lifecycle,
    persistent_volume_claim_resize,
    pod_security,
    pod_topology_labels,
    priority,
    resource_quota,
    service_account,
    storage_object_in_use_protection,
    taint_nodes_by_condition,
    validating_admission_policy,
    webhooks,
)
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Mutate, Plugin
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Status
from kcore.apiserver.store import Store
from kcore.errors import MisuseError

B = TypeVar("B", bound=ApiObject)

Facts: TypeAlias = tuple[tuple[Mutate, Hashable], ...]
"""The changes that plugins make to a body, each with what it depends on beside the body."""


def acting(operation: Operation, verb: Verb) -> tuple[Plugin, ...]:
    """Return the plugins that have a say in `operation`, taken as `verb`, in their order."""
    names = operation.context.config.admission_plugins
    return _acting(names, operation.key.kind, verb, operation.request.subresource)


def check(operation: Operation, verb: Verb, body: ApiObject | None = None) -> Status | None:
    """Return the first refusal of a plugin that looks at the store alone."""
    for plugin in acting(operation, verb):
        refusal = plugin.check(operation, body) if plugin.check else None
        if refusal:
            return refusal
    return None


def facts(operation: Operation, verb: Verb, body: ApiObject) -> Facts:
    """Return what the plugins that change bodies need to know to change this one, by plugin."""
    found = ((plugin.mutate, plugin.facts(operation, body)) for plugin in acting(operation, verb) if plugin.mutate)
    return tuple((mutate, known) for mutate, known in found if known is not None)


def mutate(wire: Wire, known: Facts) -> Status | None:
    """Let the plugins change `wire`; return the first refusal."""
    for change, facts_of_one in known:
        refusal = change(wire, facts_of_one)
        if refusal:
            return refusal
    return None


def revised(operation: Operation, verb: Verb, body: B) -> B:
    """Return the typed body of a subresource as the plugins want it."""
    for plugin in acting(operation, verb):
        known = plugin.facts(operation, body) if plugin.revise else None
        if plugin.revise and known is not None:
            body = plugin.revise(body, known)
    return body


def charged(operation: Operation, verb: Verb, store: Store, new: ApiObject, old: ApiObject | None) -> Store | Status:
    """Return `store` with what the plugins keep account of when `new` takes the place of `old`; the first refusal."""
    for plugin in acting(operation, verb):
        if plugin.charge:
            after = plugin.charge(operation, store, new, old)
            if isinstance(after, Status):
                return after
            store = after
    return store


@functools.lru_cache(maxsize=1024)
def _acting(names: tuple[str, ...], kind: str, verb: Verb, subresource: str) -> tuple[Plugin, ...]:
    unknown = [name for name in names if name not in PLUGINS]
    if unknown:
        raise MisuseError(f"unknown admission plugin {unknown[0]!r}: known are {', '.join(sorted(PLUGINS))}")
    return tuple(
        plugin
        for name in names
        for plugin in PLUGINS[name]
        if plugin.handles(kind=kind, verb=verb, subresource=subresource)
    )


PLUGINS: dict[str, tuple[Plugin, ...]] = {
    "NamespaceLifecycle": (namespace_lifecycle.PLUGIN,),
    "TaintNodesByCondition": (taint_nodes_by_condition.PLUGIN,),
    "PodTopologyLabels": (pod_topology_labels.PLUGIN, pod_topology_labels.ON_BINDING),
    "Priority": (priority.PLUGIN,),
    "DefaultTolerationSeconds": (default_toleration_seconds.PLUGIN,),
    "StorageObjectInUseProtection": (storage_object_in_use_protection.PLUGIN,),
    "DefaultStorageClass": (default_storage_class.PLUGIN,),
    "PersistentVolumeClaimResize": (persistent_volume_claim_resize.PLUGIN,),
    "DefaultIngressClass": (default_ingress_class.PLUGIN,),
    "PodSecurity": (pod_security.PLUGIN,),
    "LimitRanger": (limit_ranger.PLUGIN, limit_ranger.OF_CLAIMS),
    "MutatingAdmissionPolicy": (mutating_admission_policy.PLUGIN,),
    "MutatingAdmissionWebhook": (webhooks.MUTATING_WEBHOOKS,),
    "ValidatingAdmissionPolicy": (validating_admission_policy.PLUGIN, validating_admission_policy.ON_DELETE),
    "ValidatingAdmissionWebhook": (webhooks.VALIDATING_WEBHOOKS, webhooks.ON_DELETE),
    "ResourceQuota": (resource_quota.PLUGIN,),
    "ServiceAccount": (service_account.PLUGIN,),
}
"""The plugins by upstream's name."""
