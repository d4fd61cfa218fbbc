"""Operation and Outcome: what a verb works on, and what it comes to.

Models a request on its way through one API server: the store as that server finds it, the time, the configuration, the
kind and its strategy. A refusal is an outcome with the same store.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from kcore.api.evolve import quick
from kcore.api.kinds import Kind
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.times import Time
from kcore.apiserver.config import DEFAULT, ApiServerConfig
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.request import Request, Response
from kcore.apiserver.status import Status
from kcore.apiserver.store import Store
from kcore.apiserver.webhook import NO_WEBHOOKS, Answering, WebhookFunction, everybody_answers
from kcore.machine import Note


@quick
@attrs.frozen(kw_only=True)
class Context:
    """What a request meets beside the store.

    The time (ms since 1970), flags, what webhooks do, by name, and which of them answer at all.
    """

    now: int
    config: ApiServerConfig = DEFAULT
    webhooks: Mapping[str, WebhookFunction] = NO_WEBHOOKS
    answering: Answering = everybody_answers

    @property
    def time(self) -> Time:
        """The time in whole seconds, as objects carry it."""
        return Time(self.now // 1000)


@quick
@attrs.frozen(kw_only=True)
class Outcome:
    """The store after a request, the answer, and what there is to tell."""

    store: Store
    response: Response
    notes: tuple[Note, ...] = ()


@quick
@attrs.frozen(kw_only=True)
class Operation:
    """A request under way."""

    store: Store
    request: Request
    context: Context
    kind: Kind
    strategy: Strategy

    @property
    def key(self) -> ObjectKey:
        """The key that the request names."""
        return self.request.key

    def refuse(self, status: Status, *notes: Note) -> Outcome:
        """Return the outcome in which nothing happened, for the reason that `status` gives."""
        response = Response(code=status.code, status=status, revision=self.store.revision)
        return Outcome(store=self.store, response=response, notes=notes)

    def grant(self, store: Store, obj: ApiObject | None, *notes: Note, code: int = 200) -> Outcome:
        """Return the outcome that leaves `store` (this one after a dry run) and answers with `obj`."""
        kept = self.store if self.request.options.dry_run else store
        response = Response(code=code, object=obj, revision=kept.revision)
        return Outcome(store=kept, response=response, notes=() if self.request.options.dry_run else notes)
