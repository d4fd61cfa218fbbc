"""Restore a backup: the cluster says again what it said when the backup was made.

Models `etcdctl snapshot restore` over all members at once, with every API server and controller started anew on what it
brought back. The backup is the text of `kcore.apiserver.backup.save`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import attrs

from kcore.apiserver.backup import load
from kcore.client.component import Components
from kcore.cluster.restore import restored
from kcore.cluster.state import ClusterState
from kcore.errors import InputError
from kcore.machine import Note, Refusal, Rule, Step

RULE = "users.restore_backup"


@attrs.frozen
class Restore:
    """etcd is restored from the text of a backup."""

    backup: str = attrs.field(repr=lambda text: f"<{len(text.splitlines())} lines>")


def _refused(_: ClusterState, event: Restore) -> Refusal | None:
    try:
        load(event.backup)
    except InputError as error:
        return Refusal(RULE, str(error))
    return None


def _restore(components: Components, state: ClusterState, event: Restore) -> Step[ClusterState]:
    backup = load(event.backup)
    after = restored(state, components, backup.store)
    return Step(after, (Note("cluster.restored", objects=len(backup.store.objects), made_at=backup.made_at),))


def _no_choices(_: ClusterState) -> tuple[()]:
    return ()


def rule(components: Components) -> Rule[ClusterState, Any]:
    """Return the rule, for a cluster whose processes are instances of `components`."""
    return Rule(name=RULE, event=Restore, guard=_refused, effect=partial(_restore, components), choices=_no_choices)
