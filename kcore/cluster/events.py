"""Events of the cluster itself: what can happen without anybody's doing and without a fault.

Users' acts are in `kcore.users`, faults in `kcore.faults`. Each event is answered by exactly one rule.
"""

from __future__ import annotations

from typing import TypeAlias

import attrs

from kcore.client.component import ComponentKey
from kcore.client.turn import Key
from kcore.cluster.turns import Fate


@attrs.frozen
class TurnTaken:
    """The process takes the turn of a key that waits in its queue."""

    process: ComponentKey
    key: Key


@attrs.frozen
class Committed:
    """The process makes the next call of its turn."""

    process: ComponentKey


@attrs.frozen
class CallWentAstray:
    """The next call of the process loses its request or its answer on the way, or arrives twice."""

    process: ComponentKey
    fate: Fate


@attrs.frozen
class Delivered:
    """The cache of the process hears of all changes up to a revision."""

    process: ComponentKey
    revision: int


@attrs.frozen
class ProcessRestarted:
    """The process crashes in the middle of a turn and comes up again, knowing nothing."""

    process: ComponentKey


@attrs.frozen
class WorldMoved:
    """The first thing that is due in the world happens: a container starts or exits."""


@attrs.frozen
class TimePassed:
    """The clock goes to `until`, ms since 1970."""

    until: int


ClusterEvent: TypeAlias = (
    TurnTaken | Committed | CallWentAstray | Delivered | ProcessRestarted | WorldMoved | TimePassed
)
