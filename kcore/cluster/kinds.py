"""Kinds: which a component watches, as stores have them; those that definitions bring among them.

Models an informer on every kind that is served, for a component that watches custom resources whatever they are.
"""

from __future__ import annotations

from kcore.api.kinds import key_kind
from kcore.apiserver.custom.served import custom_kinds
from kcore.apiserver.store import Store
from kcore.client.component import CUSTOM, Component


def kinds_of(component: Component, *stores: Store) -> frozenset[str]:
    """Return the kinds, as keys have them, that `component` watches in any of `stores`."""
    named = frozenset(component.watches) - {CUSTOM}
    if CUSTOM not in component.watches:
        return named
    return named.union(key_kind(kind) for store in stores for kind in custom_kinds(store))
