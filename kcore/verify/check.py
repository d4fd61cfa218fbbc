"""Check: a question about a cluster, read from a file: what is given, what may happen, what is asked, how to search.

Fields that nobody knows are refused with the nearest name. Manifests are files beside the Check, or objects in it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath

import attrs

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.config import ClusterConfig
from kcore.cluster.losses import ASTRAY, RESTART
from kcore.cluster.timing import Timing
from kcore.errors import InputError, Place
from kcore.machine import Kind, Outcome
from kcore.manifests import load, load_objects
from kcore.model import TOTAL, Offered, Plan
from kcore.model.faults import FAULTS
from kcore.verify.actions import parse_action
from kcore.verify.asked import Asked, Statement
from kcore.verify.configured import configured
from kcore.verify.metrics import parse_metrics
from kcore.verify.nodes import parse_nodes
from kcore.verify.origin import Origin
from kcore.verify.reader import Locate, Reader
from kcore.verify.scenario import parse_behavior

KIND = "Check"
FAULT_NAMES = frozenset({*(fault.budget for fault in FAULTS if fault.budget), ASTRAY, RESTART, TOTAL})

STATES = 20_000
"""How many states a search sees unless told otherwise."""

RUNS, STEPS, SEED = 200, 2_000, 0
"""How many random runs there are unless told otherwise, of how many steps, by which seed."""


@attrs.frozen(kw_only=True)
class Explore:
    """See all states within these limits; `depth` is a number of moves."""

    states: int = STATES
    depth: int | None = None


@attrs.frozen(kw_only=True)
class Random:
    """Draw so many runs of so many steps."""

    runs: int = RUNS
    steps: int = STEPS
    seed: int = SEED


@attrs.frozen(kw_only=True)
class Check:
    """A check. `searches` are made one after the other until all is decided; `settled`: others act at rest only."""

    name: str
    origin: Origin
    acts: tuple[Offered, ...]
    asked: tuple[Asked, ...]
    searches: tuple[Explore | Random, ...]
    settled: bool
    expect: Outcome | None
    place: Place

    def with_scheduler(self, scheduler: Json) -> Check:
        """Return the check of a cluster with this scheduler's configuration; an empty one changes nothing."""
        return attrs.evolve(self, origin=self.origin.with_scheduler(scheduler))


def is_check(value: object) -> bool:
    """Tell whether a document is a Check."""
    return isinstance(value, dict) and (value.get("apiVersion"), value.get("kind")) == ("kcore/v1", KIND)


def parse_check(value: object, locate: Locate) -> Check:
    """Return the check that a document describes; InputError names the field that is wrong."""
    reader = Reader(value, (), locate)
    reader.take("apiVersion", str)
    reader.take("kind", str)
    metadata = reader.child("metadata")
    timing = _one_of(reader, "timing", {one.value: one for one in Timing}, "prompt")
    acts = tuple(
        parse_action(item, path, locate, number) for number, (path, item) in enumerate(reader.items("actions"))
    )
    budget = {**_faults(reader.child("faults")), **{act.offered.name: act.times for act in acts}}
    asked = tuple(_asked(Reader(item, path, locate)) for path, item in reader.items("properties"))
    check = Check(
        name=metadata.take("name", str),
        origin=_origin(reader, timing, budget),
        acts=tuple(act.offered for act in acts),
        asked=asked,
        searches=tuple(_searches(reader)),
        settled=_settled(reader, timing),
        expect=_expect(reader),
        place=reader.place(),
    )
    reader.finish()
    if not asked:
        raise InputError("nothing is asked", place=reader.place("properties"), expected="one property or more")
    names = [one.name for one in asked]
    if len(set(names)) < len(names):
        raise InputError("a property is asked twice", place=reader.place("properties"), hint="give one another name")
    return check


def _settled(reader: Reader, timing: Timing) -> bool:
    """Return whether faults and people act in settled states only: the default where a run is prompt."""
    given = reader.optional("settled", bool)
    return timing is Timing.PROMPT if given is None else given


def _one_of(reader: Reader, name: str, known: Mapping[str, Timing], default: str) -> Timing:
    given = reader.take(name, str, default)
    if given not in known:
        raise InputError(f"{name} is {given!r}", place=reader.place(name), expected=f"one of {', '.join(known)}")
    return known[given]


def _expect(reader: Reader) -> Outcome | None:
    given = reader.optional("expect", str)
    known = {"holds": Outcome.HOLDS, "violated": Outcome.VIOLATED}
    if given is not None and given not in known:
        raise InputError(f"expect is {given!r}", place=reader.place("expect"), expected="holds or violated")
    return None if given is None else known[given]


def _faults(reader: Reader) -> dict[str, int]:
    budget = {}
    for name in reader.whole:
        if name not in FAULT_NAMES:
            near = difflib.get_close_matches(str(name), sorted(FAULT_NAMES), n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(FAULT_NAMES))}"
            raise InputError(f"no fault is called {name!r}", place=reader.place(str(name)), hint=hint)
        budget[name] = reader.take(name, int)
    return budget


# What is given


def _origin(reader: Reader, timing: Timing, budget: Mapping[str, int]) -> Origin:
    given = reader.child("given")
    entries = (Reader(item, path, reader.locate) for path, item in given.items("nodes"))
    nodes = tuple(node for entry in entries for node in parse_nodes(entry))
    masters = given.child("controlPlane")
    config = given.child("config")
    behaviors = tuple(parse_behavior(Reader(item, path, reader.locate)) for path, item in given.items("behaviors"))
    plan = Plan(
        nodes=nodes,
        config=configured(given, ClusterConfig.from_wire(config.whole, config.place())),
        masters=masters.take("replicas", int, 1),
        behaviors=behaviors,
        metrics=parse_metrics(given),
        timing=timing,
        budget=FrozenMap(dict(budget)),
    )
    masters.finish()
    objects = tuple(_objects(given))
    settled = given.optional("settled", bool)
    given.finish()
    if not nodes:
        raise InputError("a check has no nodes", place=given.place("nodes"), expected="one node or more")
    return Origin(plan=plan, objects=objects, settled=settled is not False)


def _objects(given: Reader) -> Iterator[Json]:
    """Yield the objects of `manifests`: files, relative to that of the Check, or objects."""
    for path, item in given.items("manifests"):
        place = given.locate(path)
        if isinstance(item, str):
            file = FilePath(place.file).parent / item if place.file else FilePath(item)
            loaded = load([str(file)])
        elif isinstance(item, dict):
            loaded = load_objects([item], place.file)
        else:
            raise InputError(f"{item!r} is no manifest", place=place, expected="a path or an object")
        yield from (Json.of(wire) for wire in loaded.objects)


# What is asked


def _asked(reader: Reader) -> Asked:
    forms = [form for form in Kind if form.value in reader.whole]
    if len(forms) != 1:
        known = ", ".join(form.value for form in Kind)
        raise InputError("a property has one form", place=reader.place(), expected=f"one of {known}")
    form = forms[0]
    value = reader.whole[form.value]
    if isinstance(value, str) and form not in (Kind.LEADS_TO, Kind.BOUNDED):
        reader.take(form.value, str)
        asked = Asked(form=form, condition=_known(Statement(name=value), reader.place(form.value)))
    else:
        asked = _detailed(reader.child(form.value), form)
    reader.finish()
    return asked


def _detailed(reader: Reader, form: Kind) -> Asked:
    within = reader.duration("within", 0) or None
    most = reader.take("most", int) if form is Kind.BOUNDED else None
    premise = reader.optional("premise", dict)
    before = None if premise is None else _statement(reader.child("premise"), "the premise")
    condition = _statement(reader, "", most)
    reader.finish()
    if (form is Kind.LEADS_TO) != (before is not None):
        raise InputError(f"{form.value} and a premise", place=reader.place(), expected="both or neither")
    if within is not None and form is not Kind.EVENTUALLY:
        raise InputError(f"{form.value} within a time", place=reader.place("within"), expected="eventually")
    return Asked(form=form, condition=condition, premise=before, within=within)


def _statement(reader: Reader, default: str, most: int | None = None) -> Statement:
    """Return the condition of a property: {property: NAME} or {cel: EXPRESSION, named: NAME}; a count has a `most`."""
    named, cel = reader.take("property", str, ""), reader.take("cel", str, "")
    name = reader.take("named", str, default)
    if bool(named) == bool(cel):
        raise InputError("a condition is stated once", place=reader.place(), expected="either property or cel")
    if most is not None and not cel:
        raise InputError("what is counted is not said", place=reader.place(), expected="cel")
    cel = cel if most is None else f"({cel}) <= {most}"
    if cel and not name:
        raise InputError("an expression has no name", place=reader.place("cel"), expected="named")
    if default:
        reader.finish()
    return _known(Statement(name=named or name, cel=cel), reader.place("cel" if cel else "property"))


def _known(statement: Statement, place: Place) -> Statement:
    """Return a statement whose condition can be made; InputError, with the place, where it can't."""
    try:
        statement.condition()
    except InputError as error:
        raise InputError(error.problem, place=place, expected=error.expected, hint=error.hint) from None
    return statement


# How to search


def _searches(reader: Reader) -> Iterator[Explore | Random]:
    search = reader.child("search")
    if not search.whole:
        yield Explore()
        yield Random()
    if "explore" in search.whole:
        one = search.child("explore")
        yield Explore(states=one.take("states", int, STATES), depth=one.optional("depth", int))
        one.finish()
    if "random" in search.whole:
        one = search.child("random")
        yield Random(
            runs=one.take("runs", int, RUNS),
            steps=one.take("steps", int, STEPS),
            seed=one.optional("seed", int) or SEED,
        )
        one.finish()
    search.finish()
