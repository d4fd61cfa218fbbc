"""Process: the state of one running instance of a component, and of the turn that it may have under way.

Models its work queue, its memory, its alarms, its cache and the API server that it talks to. A crash loses all of it; a
restart lists anew.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs

from kcore.api.evolve import quick
from kcore.api.hashmap import EMPTY as NOTHING
from kcore.api.hashmap import HashMap
from kcore.apiserver.request import Response
from kcore.apiserver.store import Store
from kcore.client.component import ComponentKey
from kcore.client.turn import Key, Turn
from kcore.client.workqueue import EMPTY, WorkQueue
from kcore.world.world import World

COMMON: Key = ()
"""Where in the memory of a process is what it remembers whatever the key: at the key of nothing."""


class Wake(NamedTuple):
    """An alarm: the process is to look at `key` again."""

    process: ComponentKey
    key: Key


@quick
@attrs.frozen(kw_only=True)
class Working:
    """A turn under way: what it sees, what it decided, how many of its calls are through and what they answered.

    `done` counts the calls of the current turn that are through, `attempts` those of the next one that failed.
    `answers` has one for each call that is through, those of earlier parts of the turn first. While a turn is under way
    the clock stands still.
    """

    key: Key
    seen: Store
    world: World
    turn: Turn
    done: int = 0
    attempts: int = 0
    answers: tuple[Response, ...] = ()


@attrs.frozen(kw_only=True)
class Process:
    """One running instance.

    `server` is the API server that it prefers; while it is not `linked` it reaches none and hears of nothing. `wakes`
    says when it is to look at a key again (ms since 1970). `cache` is what it has heard of, None while it hears of each
    commit at once. A cache that has nothing to hear of is up to date, even if kinds that the component does not watch
    have changed since.
    """

    server: str
    queue: WorkQueue = EMPTY
    memory: HashMap[Key, Any] = NOTHING
    wakes: HashMap[Key, int] = NOTHING
    cache: Store | None = None
    working: Working | None = None
    linked: bool = True

    @property
    def ready(self) -> bool:
        """Tell whether it can take a turn: a key waits, and no turn is under way."""
        return self.working is None and bool(self.queue.order)
