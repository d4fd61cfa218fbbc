"""Zero configuration: the standing questions of plain manifests on an invented cluster, as a report.

Models what a person does first: bring the manifests up, then ask what they survive. What the settled cluster answers by
itself (is it served, is every pod scheduled, do references resolve) is asked first; kinds on which nobody acts are rows
that were not asked, so that nothing is said of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from kcore.api.core.pod import Pod
from kcore.api.fields.check import path_of
from kcore.api.json import EMPTY, Json, Wire
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.cluster.state import ClusterState
from kcore.errors import InputError, Place
from kcore.machine import Culprits, Kind
from kcore.manifests import Document, Loaded
from kcore.manifests.documents import title
from kcore.manifests.pods import POD_KINDS, pods_of, references
from kcore.model import build_model, components_of
from kcore.verify.answer import Answer, Report
from kcore.verify.conditions import CONDITIONS, key
from kcore.verify.disturbances import BEHAVIORS, name_of, services, workloads
from kcore.verify.ingresses import routed_now
from kcore.verify.invent import DEFAULT_NODES, invent_origin
from kcore.verify.mends import mends
from kcore.verify.standing import Row, ask_all, row_now, served_now
from kcore.verify.story import about, story
from kcore.verify.trials import Course

Tell = Callable[[str], None]

NEEDED = ("ConfigMap", "Secret")


def check_manifests(
    loaded: Loaded, nodes: int = DEFAULT_NODES, tell: Tell = lambda _: None, scheduler: Json = EMPTY
) -> Report:
    """Return the answers to the standing questions about manifests; InputError where one of them is refused.

    `scheduler` is a KubeSchedulerConfiguration, empty for the default profile.
    """
    origin = invent_origin(loaded, nodes, BEHAVIORS).with_scheduler(scheduler)
    model = build_model(components_of(origin.plan.config))
    tell("bringing the manifests up")
    try:
        base = origin.boot(model)
    except InputError as error:
        raise _placed(error, loaded) from None
    rows = [*_at_rest(base, loaded), *ask_all(model, origin, base, tell), *_not_asked(loaded)]
    places = {_about(document): document.place() for document in loaded.documents}
    answers = tuple(_answer(base, row, places.get(row.about, Place())) for row in rows)
    files = sorted({document.source.file for document in loaded.documents if document.source.file})
    count = len(origin.plan.nodes)
    title = f"{', '.join(files) or 'manifests'} on {count} {'node' if count == 1 else 'nodes'}"
    return Report(title=title, answers=answers, notes=tuple(map(str, loaded.findings)))


def _placed(error: InputError, loaded: Loaded) -> InputError:
    """Return an error about an object with the file and line that it was read from."""
    found = next((one for one in loaded.documents if title(one.wire) == error.place.object), None)
    if found is None:
        return error
    place = attrs.evolve(found.place(path_of(error.place.field)), object=error.place.object, field="")
    return InputError(error.problem, place=place, expected=error.expected, hint=error.hint)


def _answer(base: ClusterState, row: Row, place: Place) -> Answer:
    return Answer(
        rule=row.question,
        sentence=row.sentence,
        about=row.about,
        outcome=row.outcome,
        covered=f"{row.runs} {'run' if row.runs == 1 else 'runs'}" if row.course or row.runs else "",
        why=row.why,
        story=_story(base, row) if row.violated else (),
        mends=mends(base, row),
        trace=row.trace,
        place=place,
    )


def _story(base: ClusterState, row: Row) -> tuple[str, ...]:
    course = row.course
    if course is None or row.asked is None:
        return ()
    condition = row.asked.condition.condition()
    concerns = about(base, key(row.about), _nodes(base, course))
    always = condition if row.asked.form is Kind.ALWAYS else None
    told = story(base, course.moments, always, concerns)
    return (f"{course.trial.name}:", *told, *_end(base, row, course))


def _end(base: ClusterState, row: Row, course: Course) -> Iterator[str]:
    """Yield how the run ends, where it does not end well."""
    asked, last = row.asked, course.moments[-1].state
    finding = True if asked is None else asked.condition.condition()(last)
    if finding is not True:
        seconds = (last.now - base.now) // 1000
        yield f"{'after':>8}  {seconds // 60}m{seconds % 60}s that is still so: {finding or row.why}"


def _nodes(base: ClusterState, course: Course) -> frozenset[str]:
    """Return the nodes that a trial is about: those that are lost or drained."""
    text = " ".join(str(event) for event in course.trial.events)
    zone = getattr(course.trial.events[0], "zone", None)
    in_zone = {
        node.metadata.name
        for node in base.store.list("Node")
        if zone and node.metadata.labels.get("topology.kubernetes.io/zone") == zone
    }
    return frozenset({name for name in base.world.machines if f"'{name}'" in text} | in_zone)


# What the settled cluster answers by itself


def _at_rest(base: ClusterState, loaded: Loaded) -> Iterator[Row]:
    for service in services(base):
        yield row_now("served", "has an endpoint that answers", service, served_now(base, service))
    for ingress in base.store.list("Ingress"):
        about = name_of(key_of(ingress))
        yield row_now("routed", "leads each of its paths to a pod that answers", about, routed_now(base, ingress))
    for owner in (*workloads(base), *_bare_pods(base)):
        finding = CONDITIONS["scheduled"](owner)(base)
        yield row_now("schedulable", "has all its pods scheduled", owner, finding)
    for document in loaded.documents:
        if document.kind in POD_KINDS:
            yield from _references(base, loaded, document)


def _bare_pods(base: ClusterState) -> list[str]:
    pods = (pod for pod in base.store.list("Pod") if isinstance(pod, Pod) and pod.metadata.controller is None)
    return [name_of(key_of(pod)) for pod in pods]


def _references(base: ClusterState, loaded: Loaded, document: Document) -> Iterator[Row]:
    """Yield whether all ConfigMaps and Secrets that a document's pods need are there; nothing if they need none."""
    needed = [one for pod in pods_of([document]) for one in references(pod) if one.kind in NEEDED and not one.optional]
    if not needed:
        return
    missing = []
    for one in needed:
        found = base.store.get(ObjectKey(one.kind, document.namespace, one.name))
        entries = _entries(loaded, one.kind, document.namespace, one.name)
        if found is None:
            missing.append(f"{one.kind}/{one.name}")
        elif entries is not None:
            missing += [f"{one.kind}/{one.name} entry {entry}" for entry in one.keys if entry not in entries]
    finding = Culprits("missing", *dict.fromkeys(missing)) if missing else True
    yield row_now("references", "finds the ConfigMaps and Secrets that it names", _about(document), finding)


def _entries(loaded: Loaded, kind: str, namespace: str, name: str) -> set[str] | None:
    """Return the entries of a ConfigMap or Secret of the manifests, None where it is none of them."""
    for one in loaded.documents:
        if (one.kind, one.namespace, one.name) == (kind, namespace, name):
            wire: Wire = one.wire
            return {entry for field in ("data", "stringData", "binaryData") for entry in wire.get(field) or {}}
    return None


def _about(document: Document) -> str:
    return f"{document.kind}/{document.namespace}/{document.name}"


def _not_asked(loaded: Loaded) -> Iterator[Row]:
    """Yield a row for each kind of which nothing is asked, as nothing acts on it."""
    for finding in loaded.findings:
        if finding.severity == "note":
            yield Row(question="unmodelled", sentence="is acted on", about="", outcome=None, why=finding.sentence)
