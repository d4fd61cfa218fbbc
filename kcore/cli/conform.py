"""`kcore conform`: how often the model decides and acts as real Kubernetes did, file by file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from kcore.conformance.predict import conform, predict
from kcore.conformance.scenarios import ScenarioAgreement, compare
from kcore.errors import InputError, Place

SCENARIO_SUFFIXES = frozenset({".yaml", ".yml"})
FIRST_DIFFERENCES = 5
DIFFERS = 1
BAD_INPUT = 2


@click.command(name="conform")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--predict", "predicting", is_flag=True, help="Print what the model decides, one JSON line a case.")
@click.option("--verbose", "-v", is_flag=True, help="Print every difference of a scenario, not only the first.")
@click.pass_context
def conform_command(ctx: click.Context, paths: tuple[Path, ...], *, predicting: bool, verbose: bool) -> None:
    """Hold the model against what was recorded on a real cluster.

    PATH is a file of recorded decisions (*.jsonl or *.jsonl.gz, named after their kind) or a Scenario (*.yaml).
    Exit status 1 when anything differs, 2 when a scenario can't be run.
    """
    if predicting:
        _predict(paths)
        return
    status = 0
    scenarios: list[ScenarioAgreement] = []
    for path in paths:
        if path.suffix in SCENARIO_SUFFIXES:
            scenarios.append(_scenario(path, verbose=verbose))
            status = max(status, _status(scenarios[-1]))
        else:
            agreement = conform(path)
            click.echo(str(agreement))
            status = max(status, DIFFERS if agreement.differing else 0)
    if len(scenarios) > 1:
        click.echo(_summary(scenarios))
    ctx.exit(status)


def _predict(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.suffix in SCENARIO_SUFFIXES:
            expected = "a file of recorded decisions; `kcore run` shows what becomes of a scenario"
            raise InputError("nothing predicts a scenario", place=Place(file=str(path)), expected=expected)
        for line in predict(path):
            click.echo(json.dumps(line, ensure_ascii=False))


def _scenario(path: Path, *, verbose: bool) -> ScenarioAgreement:
    """Compare one scenario and print how it fared, with its first differences or all of them."""
    agreement = compare(path)
    click.echo(str(agreement))
    if not agreement.problem:
        shown = agreement.differences if verbose else agreement.differences[:FIRST_DIFFERENCES]
        for difference in shown:
            click.echo(f"    {difference}")
        if len(shown) < len(agreement.differences):
            click.echo(f"    and {len(agreement.differences) - len(shown)} more, which --verbose shows")
    return agreement


def _status(agreement: ScenarioAgreement) -> int:
    if agreement.problem:
        return BAD_INPUT
    return 0 if agreement.whole else DIFFERS


def _summary(scenarios: Sequence[ScenarioAgreement]) -> str:
    whole = sum(one.whole for one in scenarios)
    agreed, total = sum(one.agreed for one in scenarios), sum(one.total for one in scenarios)
    return f"{whole} of {len(scenarios)} scenarios agree in full; {agreed} of {total} answers and facts agree"
