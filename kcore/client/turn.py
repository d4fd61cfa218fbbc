"""Turn: what a component wants after looking at one key, as an ordered program of requests.

Models the sync function of a controller: it reads its cache, writes in an order that matters, and branches on answers.
A turn lists calls; each says what its failure does. A component that needs an answer before it can go on sets `more`:
it is called again with the same memory, the same view and `view.answers` longer by what came back.

Not modelled: requests in parallel within one turn. The calls of a turn are made one after the other.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from kcore.api.evolve import quick
from kcore.apiserver.request import Request
from kcore.machine import Note

if TYPE_CHECKING:
    from kcore.client.view import View


class OnFailure(enum.Enum):
    """What a refused or lost call does to the rest of its turn."""

    STOP = "stop"
    """End the turn; the key is queued again after its back-off, as when a sync returns an error."""

    GO_ON = "go on"
    """Make the next call as if nothing had been."""

    RETRY = "retry"
    """Make the same call again, at most `Call.attempts` times in all, then stop."""


@quick
@attrs.frozen(kw_only=True)
class Call:
    """One request of a turn and what its failure does; a failure whose reason is in `accepts` counts as success."""

    request: Request
    on_failure: OnFailure = OnFailure.STOP
    accepts: frozenset[str] = frozenset()
    attempts: int = 3


@attrs.frozen(kw_only=True)
class Action:
    """Something done to the world (start a container, attach a disk): the base of the actions that `world` defines."""


class AsBefore(enum.Enum):
    """Stands for what is not to be changed."""

    AS_BEFORE = "as before"


AS_BEFORE = AsBefore.AS_BEFORE


@quick
@attrs.frozen(kw_only=True)
class Turn:
    """The outcome of one reconcile.

    `requests` are made in order. Once they are through, `memory` replaces what the component remembers for the key
    (None: nothing), `common` what it remembers whatever the key (AS_BEFORE: that stays), `actions` touch the world and
    `notes` are told. `wake_at` (ms since 1970) asks for another turn at that time, at once if that has come; it stands
    until the next turn of the key, which sets it anew or cancels it.
    `retry_at` asks for the same, but only if a request failed or an action found nothing to do.
    `more` asks to be called again with the answers, of which there is one a request, before anything else counts.
    """

    memory: Any = None
    common: Any = AS_BEFORE
    requests: tuple[Call, ...] = ()
    actions: tuple[Action, ...] = ()
    notes: tuple[Note, ...] = ()
    wake_at: int | None = None
    retry_at: int | None = None
    more: bool = False


Key: TypeAlias = tuple[str, ...]
"""A work-queue key: an ObjectKey, or any tuple of strings that the component chose."""

Reconcile: TypeAlias = Callable[[Any, "View", Key], Turn]
"""The one signature of everything that acts: (memory, view, key) -> Turn."""
