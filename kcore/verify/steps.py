"""The steps of a scenario: what each operation says in a file, and the event or motion that it stands for.

Modelled: all operations of the format. People's acts and faults are events; waiting and settling are
motions of the run itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from kcore.api.fields.check import Path
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import by_name, key_kind
from kcore.apiserver.request import PatchType
from kcore.cluster.target import Target
from kcore.errors import InputError
from kcore.faults.container_crash import ContainerCrash
from kcore.faults.node_cut_off import NodeCutOff, NodeReconnected
from kcore.faults.readiness_lost import ReadinessLost, ReadinessRegained
from kcore.model.faults import FaultEvent
from kcore.users.add_node import NodeAdded
from kcore.users.apply import Apply
from kcore.users.autoscale import Autoscale
from kcore.users.create_job import CreateJob
from kcore.users.delete import Delete, Evict
from kcore.users.drain import Drain
from kcore.users.drain_filters import Overrides
from kcore.users.load import LoadSet
from kcore.users.patch import Cordon, Label, Patch, Scale, Taint
from kcore.users.rollout import RolloutPause, RolloutRestart, RolloutResume, SetImage
from kcore.users.rules import UserEvent
from kcore.users.taint import AddTaint, RemoveTaint
from kcore.users.undo import RolloutUndo
from kcore.verify.metrics import milli
from kcore.verify.nodes import parse_node
from kcore.verify.reader import Locate, Reader, mapping, milliseconds

NAMESPACE = "default"


@attrs.frozen(kw_only=True)
class Act:
    """A step in which a person does something."""

    op: str
    event: UserEvent | FaultEvent


@attrs.frozen(kw_only=True)
class Wait:
    """A step in which `duration` ms pass."""

    op: str
    duration: int


@attrs.frozen(kw_only=True)
class Settle:
    """A step that runs until no object has changed for `quiet` ms, at most `limit` ms."""

    op: str
    quiet: int
    limit: int


ScenarioStep: TypeAlias = Act | Wait | Settle
_Parser: TypeAlias = Callable[[object, Path, Locate], UserEvent | FaultEvent]


def parse_step(value: object, path: Path, locate: Locate) -> ScenarioStep:
    """Return the step that the mapping at `path` describes."""
    step = mapping(value, path, locate)
    given = [name for name in step if name not in _EXPECTATIONS]
    expected = f"exactly one of {', '.join(sorted(_ALL))}"
    if len(given) != 1:
        problem = f"a step with {len(given)} operations{': ' if given else ''}{', '.join(map(str, given))}"
        raise InputError(problem, place=locate(path), expected=expected)
    op, at = given[0], (*path, given[0])
    if op in ACTS:
        return Act(op=op, event=ACTS[op](step[op], at, locate))
    if op == "wait":
        return Wait(op=op, duration=milliseconds(step[op], locate(at)))
    if op == "settle":
        return _settle(Reader(step[op] or {}, at, locate))
    raise InputError(f"unknown operation {op!r}", place=locate(at), expected=expected)


def _settle(reader: Reader) -> Settle:
    step = Settle(op="settle", quiet=reader.duration("quiet", 2000), limit=reader.duration("limit", 60_000))
    reader.finish()
    return step


def _apply(value: object, path: Path, locate: Locate) -> Apply:
    if not isinstance(value, list) or not value:
        raise InputError(f"{value!r} stands where objects should", place=locate(path), expected="a list of objects")
    objects = [mapping(item, (*path, index), locate) for index, item in enumerate(value)]
    return Apply(objects=tuple(Json.of(dict(item)) for item in objects), namespace=NAMESPACE)


def _patch(field: str, patch_type: PatchType) -> _Parser:
    def parse(value: object, path: Path, locate: Locate) -> Patch:
        reader = Reader(value, path, locate)
        event = Patch(target=_target(reader), patch=Json.of(reader.take(field, dict)), type=patch_type)
        reader.finish()
        return event

    return parse


def _scale(value: object, path: Path, locate: Locate) -> Scale:
    reader = Reader(value, path, locate)
    event = Scale(target=_target(reader), replicas=reader.take("replicas", int))
    reader.finish()
    return event


def _label(value: object, path: Path, locate: Locate) -> Label:
    reader = Reader(value, path, locate)
    event = Label(target=_target(reader), labels=FrozenMap(reader.take("labels", dict)))
    reader.finish()
    return event


def _delete(value: object, path: Path, locate: Locate) -> Delete:
    reader = Reader(value, path, locate)
    event = Delete(
        target=_target(reader),
        grace_period_seconds=reader.optional("gracePeriodSeconds", int),
        propagation_policy=reader.take("propagationPolicy", str, ""),
    )
    reader.finish()
    return event


def _evict(value: object, path: Path, locate: Locate) -> Evict:
    reader = Reader(value, path, locate)
    event = Evict(target=_target(reader, "Pod"), count=reader.take("count", int, 1))
    reader.finish()
    return event


def _add_node(value: object, path: Path, locate: Locate) -> NodeAdded:
    return NodeAdded(parse_node(Reader(value, path, locate)))


def _node_name(value: object, path: Path, locate: Locate) -> str:
    """Return the name of a node that stands for itself as the content of a step."""
    if not isinstance(value, str) or not value:
        raise InputError(f"{value!r} is no node", place=locate(path), expected="the name of a node")
    return value


def _of_node(event: type[NodeCutOff | NodeReconnected]) -> _Parser:
    def parse(value: object, path: Path, locate: Locate) -> FaultEvent:
        return event(_node_name(value, path, locate))

    return parse


def _of_pod(event: type[ContainerCrash | ReadinessLost | ReadinessRegained]) -> _Parser:
    def parse(value: object, path: Path, locate: Locate) -> FaultEvent:
        reader = Reader(value, path, locate)
        happened = event(_target(reader, "Pod"))
        reader.finish()
        return happened

    return parse


def _cordon(*, unschedulable: bool) -> _Parser:
    def parse(value: object, path: Path, locate: Locate) -> Cordon:
        return Cordon(node=_node_name(value, path, locate), unschedulable=unschedulable)

    return parse


def _taint(value: object, path: Path, locate: Locate) -> Taint:
    reader = Reader(value, path, locate)
    taints = tuple(Json.of(dict(mapping(item, at, locate))) for at, item in reader.items("taints"))
    event = Taint(node=reader.take("node", str), taints=taints)
    reader.finish()
    return event


def _add_taint(value: object, path: Path, locate: Locate) -> AddTaint:
    reader = Reader(value, path, locate)
    event = AddTaint(
        node=reader.take("node", str),
        key=reader.take("key", str),
        effect=reader.take("effect", str),
        value=reader.take("value", str, ""),
    )
    reader.finish()
    return event


def _remove_taint(value: object, path: Path, locate: Locate) -> RemoveTaint:
    reader = Reader(value, path, locate)
    node, key, effect = reader.take("node", str), reader.take("key", str), reader.take("effect", str, "")
    reader.finish()
    return RemoveTaint(node=node, key=key, effect=effect)


def _drain(value: object, path: Path, locate: Locate) -> Drain:
    """Return the drain of a node that is named, or described with the options of the command."""
    if isinstance(value, str) and value:
        return Drain(node=value)
    reader = Reader(value, path, locate)
    accepted = Overrides(
        ignore_daemonsets=bool(reader.optional("ignoreDaemonSets", bool)),
        delete_emptydir_data=bool(reader.optional("deleteEmptyDirData", bool)),
        force=bool(reader.optional("force", bool)),
    )
    event = Drain(
        node=reader.take("node", str),
        overrides=accepted,
        grace_period_seconds=reader.optional("gracePeriodSeconds", int),
        timeout=reader.duration("timeout", 0) or None,
    )
    reader.finish()
    return event


def _rollout(value: object, path: Path, locate: Locate) -> SetImage:
    reader = Reader(value, path, locate)
    event = SetImage(
        target=_target(reader, "Deployment"),
        image=reader.take("image", str),
        container=reader.take("container", str, ""),
    )
    reader.finish()
    return event


def _undo(value: object, path: Path, locate: Locate) -> RolloutUndo:
    reader = Reader(value, path, locate)
    event = RolloutUndo(target=_target(reader, "Deployment"), to_revision=reader.take("toRevision", int, 0))
    reader.finish()
    return event


def _autoscale(value: object, path: Path, locate: Locate) -> Autoscale:
    reader = Reader(value, path, locate)
    event = Autoscale(
        target=_target(reader, "Deployment"),
        most=reader.take("max", int),
        least=reader.take("min", int, 0),
        cpu=reader.take("cpu", str, ""),
        memory=reader.take("memory", str, ""),
    )
    reader.finish()
    return event


def _create_job(value: object, path: Path, locate: Locate) -> CreateJob:
    reader = Reader(value, path, locate)
    origin = reader.take("from", str)
    resource, _, cron_job = origin.partition("/")
    found = by_name(resource)
    if found is None or found.kind != "CronJob" or not cron_job:
        raise InputError(f"from is {origin!r}", place=reader.place("from"), expected="cronjob/NAME")
    event = CreateJob(name=reader.take("name", str), cron_job=cron_job, namespace=NAMESPACE)
    reader.finish()
    return event


def _load(value: object, path: Path, locate: Locate) -> LoadSet:
    reader = Reader(value, path, locate)
    event = LoadSet(load=reader.take("name", str), milli=milli(reader, "value"))
    reader.finish()
    return event


def _of_workload(event: type[RolloutRestart | RolloutPause | RolloutResume]) -> _Parser:
    def parse(value: object, path: Path, locate: Locate) -> UserEvent:
        reader = Reader(value, path, locate)
        asked = event(target=_target(reader, "Deployment"))
        reader.finish()
        return asked

    return parse


def _target(reader: Reader, kind: str = "") -> Target:
    """Return the object that a step names, by name or by selector and index."""
    named = reader.take("kind", str, kind or None)
    known = by_name(named)
    if known is None:
        raise InputError(f"{named!r} is no kind", place=reader.place("kind"), expected="a known kind")
    name = reader.take("name", str, "")
    selector = reader.take("selector", dict, {})
    if bool(name) == bool(selector):
        problem = f"the object is named {'twice' if name else 'nowhere'}"
        raise InputError(problem, place=reader.place(), expected="either name or selector")
    return Target(
        kind=key_kind(known),
        namespace=NAMESPACE if known.namespaced else "",
        name=name,
        selector=",".join(f"{key}={selector[key]}" for key in sorted(selector)),
        index=reader.take("index", int, 0),
    )


_EXPECTATIONS = frozenset({"expect", "expectResponses"})

ACTS: Mapping[str, _Parser] = {
    "apply": _apply,
    "patch": _patch("merge", PatchType.MERGE),
    "strategic": _patch("patch", PatchType.STRATEGIC),
    "scale": _scale,
    "label": _label,
    "delete": _delete,
    "evict": _evict,
    "cordon": _cordon(unschedulable=True),
    "uncordon": _cordon(unschedulable=False),
    "taint": _taint,
    "addTaint": _add_taint,
    "removeTaint": _remove_taint,
    "drain": _drain,
    "rollout": _rollout,
    "restart": _of_workload(RolloutRestart),
    "pause": _of_workload(RolloutPause),
    "resume": _of_workload(RolloutResume),
    "undo": _undo,
    "autoscale": _autoscale,
    "createJob": _create_job,
    "load": _load,
    "addNode": _add_node,
    "nodeDown": _of_node(NodeCutOff),
    "nodeUp": _of_node(NodeReconnected),
    "unready": _of_pod(ReadinessLost),
    "ready": _of_pod(ReadinessRegained),
    "crash": _of_pod(ContainerCrash),
}

_ALL = frozenset({*ACTS, "wait", "settle"})
