"""Moment: what a step of a scenario leaves behind, as far as it can be asked about."""

from __future__ import annotations

import attrs

from kcore.cluster.state import ClusterState
from kcore.machine import Note


@attrs.frozen(kw_only=True)
class Moment:
    """The state after a step, and the notes that were left on the way."""

    state: ClusterState
    notes: tuple[Note, ...] = ()
