"""Losses: calls that go astray, and processes that crash in the middle of a turn. Only a lossy timing has them.

Both draw on a budget of the state, so that they end, and "eventually" can be asked once they have. A restarted process
knows nothing and lists anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from kcore.client.component import Components
from kcore.cluster.budget import left, spend
from kcore.cluster.events import CallWentAstray, ProcessRestarted
from kcore.cluster.processes import start, stop
from kcore.cluster.state import ClusterState
from kcore.cluster.turns import Fate, commit
from kcore.machine import Note, Refusal, Rule, Step

ASTRAY = "callAstray"
RESTART = "processRestart"


def _astray(state: ClusterState) -> Sequence[CallWentAstray]:
    if not state.timing.freedom.loss or not left(state, ASTRAY):
        return ()
    fates = (Fate.REQUEST_LOST, Fate.RESPONSE_LOST, Fate.DOUBLED)
    return [CallWentAstray(name, fate) for name in sorted(state.working) for fate in fates]


def _astray_refused(state: ClusterState, event: CallWentAstray) -> Refusal | None:
    if event.process not in state.working:
        return Refusal("component.lose_call", "the process has no turn under way", process=str(event.process))
    return _spent("component.lose_call", state, ASTRAY)


def _lose(components: Components, state: ClusterState, event: CallWentAstray) -> Step[ClusterState]:
    return commit(spend(state, ASTRAY), components, event.process, event.fate)


def _restarts(state: ClusterState) -> Sequence[ProcessRestarted]:
    if not state.timing.freedom.loss or not left(state, RESTART):
        return ()
    return [ProcessRestarted(name) for name in sorted(state.working)]


def _restart_refused(state: ClusterState, event: ProcessRestarted) -> Refusal | None:
    if event.process not in state.processes:
        return Refusal("component.restart_process", "no such process runs", process=str(event.process))
    return _spent("component.restart_process", state, RESTART)


def _restart(components: Components, state: ClusterState, event: ProcessRestarted) -> Step[ClusterState]:
    server = state.processes[event.process].server
    down = stop(spend(state, RESTART), event.process)
    up = start(down, components[event.process.family], event.process.instance, server)
    return Step(up, (Note("process.restarted", process=str(event.process)),))


def _spent(rule: str, state: ClusterState, fault: str) -> Refusal | None:
    return None if left(state, fault) else Refusal(rule, "the budget of this fault is spent", fault=fault)


def loss_rules(components: Components) -> tuple[Rule[ClusterState, Any], ...]:
    """Return the rules of what gets lost, for a cluster whose processes are instances of `components`."""
    return (
        Rule(
            name="component.lose_call",
            event=CallWentAstray,
            guard=_astray_refused,
            effect=partial(_lose, components),
            choices=_astray,
        ),
        Rule(
            name="component.restart_process",
            event=ProcessRestarted,
            guard=_restart_refused,
            effect=partial(_restart, components),
            choices=_restarts,
        ),
    )
