"""`kcore explain-scheduling`: what the scheduler would say of a pod, node by node.

Each node is told with the filter that says no and why, or with what each plugin's score adds to its total. Where no
node will do, what preemption could do is told too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.apiserver.store import Store
from kcore.cli.run import MODELLED
from kcore.errors import InputError
from kcore.manifests import load
from kcore.scheduler.explain import NodeVerdict
from kcore.scheduler.whatif import Prospect, prospect
from kcore.verify.invent import DEFAULT_NODES, invent
from kcore.verify.run import run
from kcore.verify.scenario import SPEC_KINDS, is_scenario, parse_scenario


@click.command(name="explain-scheduling")
@click.argument("pod")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", help="How to print what came out.")
@click.option("--nodes", type=click.IntRange(min=1), default=DEFAULT_NODES, help="Nodes to make for plain manifests.")
def explain_scheduling_command(pod: str, paths: tuple[str, ...], output: str, nodes: int) -> None:
    """Run a Scenario or manifests, and tell what the scheduler would say of POD at the end.

    POD is the name of a pod or how its name begins, after its namespace and a slash where that is not default. A pod
    that has a node is asked for as if it had none.
    """
    loaded = load(paths, sys.stdin.buffer, modelled=MODELLED, beside=SPEC_KINDS)
    scenarios = [document for document in loaded.documents if is_scenario(document.wire)]
    scenario = parse_scenario(scenarios[0].wire, scenarios[0].place) if scenarios else invent(loaded, nodes)
    store = Store()
    for result in run(scenario):
        store = result.state.store
    asked = _pod(store, pod)
    found = prospect(store, asked)
    if found is None:
        raise InputError(f"{key_of(asked)} asks for the scheduler {asked.spec.scheduler_name!r}, which is not modelled")
    if output == "json":
        click.echo(json.dumps(as_json(asked, found), ensure_ascii=False))
    else:
        for line in lines(asked, found):
            click.echo(line)


def _pod(store: Store, text: str) -> Pod:
    """Return the pod of that name, else the first whose name begins so; InputError where there is none."""
    namespace, slash, name = text.rpartition("/")
    pods = [one for one in store.list("Pod", namespace if slash else "default") if isinstance(one, Pod)]
    named = [one for one in pods if one.metadata.name == name] or [
        one for one in pods if one.metadata.name.startswith(name)
    ]
    if not named:
        known = ", ".join(one.metadata.name for one in pods) or "none"
        raise InputError(f"there is no pod {text!r} at the end of the run", expected=f"one of the pods there: {known}")
    return named[0]


def lines(pod: Pod, found: Prospect) -> Iterator[str]:
    """Yield the table of the nodes, those that fit first, and what is said of the pod as a whole."""
    verdicts = found.explanation.nodes
    fitting = sorted((one for one in verdicts if one.rejection is None), key=lambda one: (-one.total, one.node))
    refusing = [one for one in verdicts if one.rejection is not None]
    where = f", now on {pod.spec.node_name}" if pod.spec.node_name else ""
    yield f"{key_of(pod)}{where}: {len(fitting)} of {len(verdicts)} nodes fit"
    if fitting:
        plugins = sorted({name for one in fitting for name in one.scores})
        yield ""
        yield from _table(["NODE", "TOTAL", *plugins], [_scores(one, plugins) for one in fitting])
    if refusing:
        yield ""
        yield from _table(["NODE", "FILTER", "CODE", "WHY NOT"], [_refusal(one) for one in refusing])
    if found.message:
        yield ""
        yield found.message
    if found.preemption is not None:
        victims = ", ".join(one.metadata.name for one in found.preemption.victims)
        broken = found.preemption.violations
        yield f"Preemption would send {victims} away from {found.preemption.node}, and break {broken} budgets."


def as_json(pod: Pod, found: Prospect) -> dict[str, Any]:
    """Return the same as one JSON object."""
    nodes: list[dict[str, Any]] = []
    for one in found.explanation.nodes:
        if one.rejection is None:
            nodes.append({"node": one.node, "fits": True, "scores": dict(one.scores), "total": one.total})
        else:
            said = one.rejection
            why = {"plugin": said.plugin, "code": said.code.value, "reasons": list(said.reasons)}
            nodes.append({"node": one.node, "fits": False, **why})
    candidate = found.preemption
    preemption = candidate and {
        "node": candidate.node,
        "victims": [one.metadata.name for one in candidate.victims],
        "brokenBudgets": candidate.violations,
    }
    best = list(found.explanation.best)
    return {"pod": str(key_of(pod)), "nodes": nodes, "best": best, "message": found.message, "preemption": preemption}


def _scores(verdict: NodeVerdict, plugins: Sequence[str]) -> list[str]:
    return [verdict.node, str(verdict.total), *(str(verdict.scores.get(name, "-")) for name in plugins)]


def _refusal(verdict: NodeVerdict) -> list[str]:
    said = verdict.rejection
    if said is None:
        return [verdict.node]
    return [verdict.node, said.plugin or "-", said.code.value, ", ".join(said.reasons) or "not asked"]


def _table(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Yield the lines of a table whose columns are as wide as what they hold."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        yield "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
