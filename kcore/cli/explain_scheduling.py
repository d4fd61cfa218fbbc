"""`kcore explain-scheduling`: what the scheduler would say of a pod, node by node.

Each node is told with the filter that says no and why, or with what each plugin's score adds to its total. Where no
node will do, what preemption could do is told too, and after that what became of the pod in the run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import attrs
import click

from kcore.api.core.pod import Pod
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.apiserver.changes import Change
from kcore.apiserver.hindsight import store_before
from kcore.apiserver.store import Store
from kcore.cli.options import scheduler_config
from kcore.cli.run import MODELLED, refuse_refusals
from kcore.errors import InputError
from kcore.machine import Note
from kcore.manifests import Loaded, load
from kcore.model.cloud import model_of
from kcore.report.scheduling import Explained, Told, as_json, lines
from kcore.scheduler.configuration import profiles_of
from kcore.scheduler.waiting import scheduled_condition
from kcore.scheduler.whatif import prospect
from kcore.verify.check import is_check, parse_check
from kcore.verify.configured import with_scheduler
from kcore.verify.invent import DEFAULT_NODES, invent
from kcore.verify.run import run
from kcore.verify.scenario import SPEC_KINDS, is_scenario, parse_scenario

MOMENTS = ("end", "bound", "first")
"""When the scheduler is asked: at the end of the run, before the pod got its node, before it was first looked at."""


@attrs.frozen(kw_only=True)
class Run:
    """What a run left: the store, the scheduler's configuration, and the notes with their times, ms since its start."""

    store: Store
    scheduler: Json
    told: tuple[Told, ...] = ()


@click.command(name="explain-scheduling")
@click.argument("pod")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--at", type=click.Choice(MOMENTS), default="end", help="The moment at which the scheduler is asked.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", help="How to print what came out.")
@click.option("--nodes", type=click.IntRange(min=1), default=DEFAULT_NODES, help="Nodes to make for plain manifests.")
@scheduler_config
def explain_scheduling_command(
    pod: str, paths: tuple[str, ...], at: str, output: str, nodes: int, scheduler: Json
) -> None:
    """Run a Scenario, a Check's cluster or manifests, and tell what the scheduler says of POD.

    POD is the name of a pod or how its name begins, after its namespace and a slash where that is not default. A pod
    that has a node is asked for as if it had none. The moment is the end of the run; "bound" is just before the pod got
    its node, "first" before the scheduler first looked at it.
    """
    loaded = load(paths, sys.stdin.buffer, modelled=MODELLED, beside=SPEC_KINDS)
    made = _run(loaded, nodes, scheduler)
    asked = _pod(made.store, pod)
    store, then = _moment(made.store, asked, at)
    profiles = profiles_of(made.scheduler)
    found = prospect(store, then, profiles)
    if found is None:
        names = ", ".join(profiles.by_name[name].scheduler_name for name in sorted(profiles.by_name) if name)
        problem = f"{key_of(asked)} asks for the scheduler {asked.spec.scheduler_name!r}, which does not run"
        raise InputError(problem, expected=f"one of the profiles: {names}", hint="--scheduler-config FILE adds others")
    told = tuple(one for one in made.told if str(key_of(asked)) in (one.pod, one.other))
    explained = Explained(pod=asked, gone=_is_gone(made.store, asked), at=at, prospect=found, told=told)
    if output == "json":
        click.echo(json.dumps(as_json(explained), ensure_ascii=False))
    else:
        for line in lines(explained):
            click.echo(line)


def _run(loaded: Loaded, nodes: int, scheduler: Json) -> Run:
    """Return what came of a scenario, a Check's cluster as it comes up, or manifests."""
    specs = [one for one in loaded.documents if is_check(one.wire) or is_scenario(one.wire)]
    if len(specs) > 1 or (specs and len(loaded.documents) > 1):
        problem = f"a {specs[0].kind} stands among other documents"
        raise InputError(problem, place=specs[0].place(), expected="one Scenario, one Check, or manifests alone")
    if specs and is_check(specs[0].wire):
        origin = parse_check(specs[0].wire, specs[0].place).origin
        config = origin.with_scheduler(scheduler).plan.config
        return Run(store=origin.with_scheduler(scheduler).boot(model_of(config)).store, scheduler=config.scheduler)
    scenario = parse_scenario(specs[0].wire, specs[0].place) if specs else invent(loaded, nodes)
    scenario = attrs.evolve(scenario, config=with_scheduler(scenario.config, scheduler))
    heard: list[tuple[int, Note]] = []
    store = Store()
    for result in run(scenario, lambda now, notes: heard.extend((now, one) for one in notes)):
        store = result.state.store
        if not specs:
            refuse_refusals(result, loaded)
    start = min((now for now, _ in heard), default=0)
    told = tuple(Told.of(now - start, one) for now, one in heard if one.name in Told.NOTES)
    return Run(store=store, scheduler=scenario.config.scheduler, told=told)


def _pod(store: Store, text: str) -> Pod:
    """Return the pod of that name, else the first whose name begins so; InputError where there never was one.

    Pods that are there at the end come before those that are gone, which are told as they were last.
    """
    namespace, slash, name = text.rpartition("/")
    there = [one for one in store.list("Pod", namespace if slash else "default") if isinstance(one, Pod)]
    gone = [one for one in _gone(store) if one.metadata.namespace == (namespace if slash else "default")]
    whole = [one for one in (*there, *gone) if one.metadata.name == name]
    named = whole or [one for one in (*there, *gone) if one.metadata.name.startswith(name)]
    if named:
        return named[0]
    elsewhere = [f"{one.metadata.namespace}/{one.metadata.name}" for one in store.list("Pod")]
    hint = f"in other namespaces: {', '.join(elsewhere)}" if elsewhere and not there else ""
    expected = f"one of the pods there: {', '.join(one.metadata.name for one in there) or 'none'}"
    raise InputError(f"there is no pod {text!r} at the end of the run, and was none", expected=expected, hint=hint)


def _gone(store: Store) -> Iterator[Pod]:
    """Yield the pods that were deleted in the run, the last one first."""
    for change in reversed(store.changes_since(store.compacted) or ()):
        if change.new is None and isinstance(change.old, Pod):
            yield change.old


def _moment(store: Store, pod: Pod, at: str) -> tuple[Store, Pod]:
    """Return the store at a moment, and the pod as it was; InputError where the moment never was."""
    if at == "end":
        if _is_gone(store, pod):
            raise InputError(f"{key_of(pod)} is gone at the end of the run", expected="--at bound, or --at first")
        return store, pod
    change = next((one for one in _changes(store, pod) if _is_moment(one, at)), None)
    if change is None:
        said = "was not bound by the scheduler" if at == "bound" else "was never looked at by the scheduler"
        raise InputError(f"{key_of(pod)} {said} in this run", expected="--at end")
    before = store_before(store, change.revision)
    if before is None or not isinstance(change.old, Pod):
        raise InputError(f"the log does not reach back to that moment of {key_of(pod)}", expected="--at end")
    return before, change.old


def _is_gone(store: Store, pod: Pod) -> bool:
    found = store.get(key_of(pod))
    return found is None or found.metadata.uid != pod.metadata.uid


def _changes(store: Store, pod: Pod) -> Iterator[Change]:
    """Yield the changes of the pod, oldest first."""
    for change in store.changes_since(store.compacted) or ():
        if change.key == key_of(pod) and change.new is not None and change.new.metadata.uid == pod.metadata.uid:
            yield change


def _is_moment(change: Change, at: str) -> bool:
    """Tell whether a change is the scheduler's first word about a pod, or the pod's binding."""
    old, new = change.old, change.new
    if not isinstance(old, Pod) or not isinstance(new, Pod):
        return False
    bound = bool(new.spec.node_name) and not old.spec.node_name
    return bound or (at == "first" and scheduled_condition(old) is None and scheduled_condition(new) is not None)
