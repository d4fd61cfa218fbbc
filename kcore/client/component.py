"""Component: a controller, scheduler, kubelet or any other client of the API server, as a record of pure functions.

Models what it watches, how it acts, and what it may write. A family is the behaviour; an instance is one process of it:
a kubelet on each node, a scheduler on each master, of which the leader acts.

Access control is modelled only this far: a component declares what it writes, and the model refuses anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

import attrs

from kcore.api.kinds import KINDS, key_kind
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Verb
from kcore.apiserver.store import Store
from kcore.apiserver.webhook import NO_WEBHOOKS, WebhookFunction
from kcore.client.turn import Key, Reconcile
from kcore.client.view import View

CUSTOM = "CustomResources"
"""Stands for every kind that is not built in, among the kinds that a component watches or writes."""

LEADER = ""
"""The instance of a routing that means: whichever process of the family leads."""


class ComponentKey(NamedTuple):
    """One process: its family ("kubelet") and its instance (the node's or master's name)."""

    family: str
    instance: str

    def __str__(self) -> str:
        """Return "kubelet@n1"."""
        return f"{self.family}@{self.instance}"


class Work(NamedTuple):
    """A key to look at and the instance that is to do it; LEADER for the one that leads."""

    instance: str
    key: Key


Watch: TypeAlias = Callable[[Change, Store], Iterable[Work]]
"""Which work a change makes; the store is the one that the component has heard of, this change included."""


def is_custom(kind: str) -> bool:
    """Tell whether a kind, as keys have it, is none of the built-in ones."""
    return kind not in _BUILT_IN


_BUILT_IN = frozenset(map(key_kind, KINDS))


class Write(NamedTuple):
    """Something that a component may ask of the API server."""

    verb: Verb
    kind: str
    subresource: str = ""


@attrs.frozen(kw_only=True)
class Component:
    """A family of processes: `watches` per kind, `reconcile`, the `writes` it may do.

    What is said of CUSTOM is said of every kind that a definition brings. `per_node` families have an instance on each
    node; any other has one on each master, of which one leads. One that sees more of the world than its cache says
    what, by `sees`: it makes the view of a turn, as `View` does, and is told the `world` besides.
    """

    family: str
    watches: Mapping[str, Watch]
    reconcile: Reconcile
    writes: frozenset[Write] = frozenset()
    per_node: bool = False
    sees: Callable[..., View] | None = None

    def watch_of(self, kind: str) -> Watch | None:
        """Return how the component hears of a kind, None where it does not."""
        watch = self.watches.get(kind)
        return watch if watch is not None or not is_custom(kind) else self.watches.get(CUSTOM)

    @property
    def runs_pods(self) -> bool:
        """Tell whether it hears of whatever happens to pods on its machine: it is on a node and watches pods."""
        return self.per_node and "Pod" in self.watches


class Components(dict[str, Component]):
    """The components of a model by family, in the order in which they are served; and what `webhooks` do, by name."""

    __slots__ = ("webhooks",)

    def __init__(
        self, by_family: Mapping[str, Component] | None = None, webhooks: Mapping[str, WebhookFunction] = NO_WEBHOOKS
    ) -> None:
        """Hold these components, and the functions behind the admission webhooks of these names."""
        super().__init__(by_family or {})
        self.webhooks = webhooks
