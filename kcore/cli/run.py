"""`kcore run`: one run of a scenario, or of plain manifests on a cluster that is made for them."""

from __future__ import annotations

import json
import sys

import attrs
import click

from kcore.api.fields.check import path_of
from kcore.api.json import Json
from kcore.api.kinds import KINDS
from kcore.cli.options import scheduler_config
from kcore.cli.output import print_result, result_line
from kcore.errors import InputError
from kcore.manifests import Loaded, load
from kcore.model.components import ACTED_ON_AS_THEY_ARE, NOBODY_ACTS_ON
from kcore.narrate import narrator
from kcore.verify.configured import with_scheduler
from kcore.verify.invent import DEFAULT_NODES, invent, is_node
from kcore.verify.run import StepResult, run
from kcore.verify.scenario import SPEC_KINDS, Scenario, is_scenario, parse_scenario

MODELLED = frozenset(
    (kind.api_version, kind.kind)
    for kind in KINDS
    if kind.kind in ACTED_ON_AS_THEY_ARE or (kind.cls is not None and kind.kind not in NOBODY_ACTS_ON)
)
"""The kinds with rules; an object of any other is stored and served, and one line says so."""


@click.command(name="run")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", help="How to print what came out.")
@click.option("--nodes", type=click.IntRange(min=1), default=DEFAULT_NODES, help="Nodes to make for plain manifests.")
@click.option("--narrate", "style", type=click.Choice(["console", "json"]), help="Tell on standard error what happens.")
@scheduler_config
def run_command(paths: tuple[str, ...], output: str, nodes: int, style: str | None, scheduler: Json) -> None:
    """Run a Scenario, or apply manifests to a small cluster and let it settle.

    PATH is a file, a directory or - for standard input.
    """
    listener = narrator(sys.stderr, style, colors=sys.stderr.isatty()) if style else None
    loaded = load(paths, sys.stdin.buffer, modelled=MODELLED, beside=SPEC_KINDS)
    scenario = _scenario(loaded)
    plain = scenario is None
    if scenario is None:
        for finding in loaded.findings:
            click.echo(f"kcore: {finding}", err=True)
        scenario = invent(loaded, nodes)
    scenario = attrs.evolve(scenario, config=with_scheduler(scenario.config, scheduler))
    for result in run(scenario, listener):
        if plain:
            refuse_refusals(result, loaded)
        if output == "json":
            click.echo(json.dumps(result_line(result), ensure_ascii=False))
        else:
            print_result(result, steps=not plain)


def _scenario(loaded: Loaded) -> Scenario | None:
    """Return the scenario that was loaded, None when there are plain manifests only."""
    found = [document for document in loaded.documents if is_scenario(document.wire)]
    if not found:
        return None
    if len(loaded.documents) > 1:
        place = found[-1].place()
        problem = "a Scenario stands among other documents"
        raise InputError(problem, place=place, expected="one Scenario and nothing else")
    return parse_scenario(found[0].wire, found[0].place)


def refuse_refusals(result: StepResult, loaded: Loaded) -> None:
    """Raise InputError when the API server refused an object of a manifest."""
    applied = [document for document in loaded.documents if not is_node(document)]
    answers = result.answers[max(len(result.answers) - len(applied), 0) :]
    for answer, document in zip(answers, applied, strict=False):
        if not answer.granted:
            place = document.place(path_of(answer.field))
            raise InputError(f"{answer}: {answer.message}", place=attrs.evolve(place, object=answer.on, field=""))
