"""Plugin: one admission plugin, as one record of pure functions.

Models an admission controller in three steps. `check` looks at the store and may refuse a request before anything else
is done. `mutate` changes the body; what it needs to know beside the body are its `facts` (None: it has nothing to do),
so that what became of a body once may be remembered for as long as the facts are the same. `charge` has the last word
on an object that is valid, and may write to the store what it keeps account of.

Not modelled: webhooks and policies.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/admission/interfaces.go
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

import attrs

from kcore.api.json import Wire
from kcore.api.object import ApiObject
from kcore.apiserver.outcome import Operation
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Status
from kcore.apiserver.store import Store

EVERY_KIND: frozenset[str] = frozenset()

Mutate: TypeAlias = Callable[[Wire, Any], Status | None]
"""Change the body given the facts, or say why not."""

Charge: TypeAlias = Callable[[Operation, Store, ApiObject, ApiObject | None], Store | Status]
"""Return the store in which a new object, or a change of an old one, is accounted for; or say why not."""


def _always(_: Operation, __: ApiObject) -> Hashable:
    return True


@attrs.frozen(kw_only=True)
class Plugin:
    """A plugin acts on requests of its `verbs` to a subresource ("": the object) of its `kinds` (keys; none: all).

    `revise(body, facts)` is what `mutate` is, for a subresource whose body is not stored and stays typed.
    """

    name: str
    kinds: frozenset[str] = EVERY_KIND
    verbs: frozenset[Verb] = frozenset({Verb.CREATE})
    subresource: str = ""
    check: Callable[[Operation, ApiObject | None], Status | None] | None = None
    facts: Callable[[Operation, ApiObject], Hashable] = _always
    mutate: Mutate | None = None
    revise: Callable[[Any, Any], Any] | None = None
    charge: Charge | None = None

    def handles(self, *, kind: str, verb: Verb, subresource: str) -> bool:
        """Tell whether the plugin has a say in requests of this kind (its key), verb and subresource."""
        return verb in self.verbs and subresource == self.subresource and (not self.kinds or kind in self.kinds)
