"""The steps of a scenario: what each operation says in a file, and the event or motion that it stands for.

Modelled: all operations of the format. People's acts and faults are events; waiting and settling are motions of the run
itself; a backup or an export is kept by the run under a name, to be restored or imported later, in another cluster too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from kcore.api.fields.check import Path
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import by_name
from kcore.apiserver.request import PatchType
from kcore.errors import InputError
from kcore.model import NodeSpec
from kcore.model.faults import FaultEvent
from kcore.users.add_node import NodeAdded
from kcore.users.apply import Apply
from kcore.users.autoscale import Autoscale
from kcore.users.create_job import CreateJob
from kcore.users.delete import Delete, Evict
from kcore.users.drain import Drain
from kcore.users.drain_filters import Overrides
from kcore.users.load import LoadSet
from kcore.users.look_up import NameLookedUp
from kcore.users.patch import Cordon, Label, Patch, Scale, Taint
from kcore.users.rollout import RolloutPause, RolloutRestart, RolloutResume, SetImage
from kcore.users.rules import UserEvent
from kcore.users.server_side_apply import ServerSideApply
from kcore.users.taint import AddTaint, RemoveTaint
from kcore.users.undo import RolloutUndo
from kcore.verify.faultsteps import FAULT_STEPS, FOUND_LATER, Finder
from kcore.verify.metrics import milli
from kcore.verify.nodes import parse_node, parse_nodes
from kcore.verify.reader import Locate, Reader, mapping, milliseconds
from kcore.verify.targets import NAMESPACE, node_name, parse_target


@attrs.frozen(kw_only=True)
class Act:
    """A step in which a person does something."""

    op: str
    event: UserEvent | FaultEvent


@attrs.frozen(kw_only=True)
class Found:
    """A step whose event depends on what is there by then; `find` returns None where there is nothing of the kind."""

    op: str
    find: Finder


@attrs.frozen(kw_only=True)
class Keep:
    """A step in which a backup is taken, or what people made is exported, and kept under a `name`."""

    op: str
    name: str


@attrs.frozen(kw_only=True)
class Return:
    """A step in which what was kept under a `name` is restored, or imported."""

    op: str
    name: str


@attrs.frozen(kw_only=True)
class NewCluster:
    """A step in which the scenario goes on in another cluster, of these `nodes` or of the same as before if none."""

    op: str
    nodes: tuple[NodeSpec, ...] = ()


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


ScenarioStep: TypeAlias = Act | Found | Keep | Return | NewCluster | Wait | Settle
_Parser: TypeAlias = Callable[[object, Path, Locate], UserEvent | FaultEvent]


def parse_step(value: object, path: Path, locate: Locate) -> ScenarioStep:
    """Return the step that the mapping at `path` describes."""
    step = mapping(value, path, locate)
    given = [name for name in step if name not in _EXPECTATIONS]
    expected = f"exactly one of {', '.join(sorted(OPERATIONS))}"
    if len(given) != 1:
        problem = f"a step with {len(given)} operations{': ' if given else ''}{', '.join(map(str, given))}"
        raise InputError(problem, place=locate(path), expected=expected)
    op, at = given[0], (*path, given[0])
    if op in ACTS:
        return Act(op=op, event=ACTS[op](step[op], at, locate))
    if op in FOUND_LATER:
        return Found(op=op, find=FOUND_LATER[op](step[op], at, locate))
    if op in _BACKUPS:
        return _BACKUPS[op](op=op, name=_backup_name(step[op], at, locate))
    if op == "newCluster":
        return _new_cluster(Reader({} if step[op] is None else step[op], at, locate))
    if op == "wait":
        return Wait(op=op, duration=milliseconds(step[op], locate(at)))
    if op == "settle":
        return _settle(Reader(step[op] or {}, at, locate))
    raise InputError(f"unknown operation {op!r}", place=locate(at), expected=expected)


def _settle(reader: Reader) -> Settle:
    step = Settle(op="settle", quiet=reader.duration("quiet", 2000), limit=reader.duration("limit", 60_000))
    reader.finish()
    return step


def _new_cluster(reader: Reader) -> NewCluster:
    items = reader.items("nodes")
    nodes = tuple(node for path, item in items for node in parse_nodes(Reader(item, path, reader.locate)))
    reader.finish()
    return NewCluster(op="newCluster", nodes=nodes)


def _apply(value: object, path: Path, locate: Locate) -> Apply:
    if not isinstance(value, list) or not value:
        raise InputError(f"{value!r} stands where objects should", place=locate(path), expected="a list of objects")
    objects = [mapping(item, (*path, index), locate) for index, item in enumerate(value)]
    return Apply(objects=tuple(Json.of(dict(item)) for item in objects), namespace=NAMESPACE)


def _server_side_apply(value: object, path: Path, locate: Locate) -> ServerSideApply:
    reader = Reader(value, path, locate)
    objects = tuple(Json.of(dict(mapping(item, at, locate))) for at, item in reader.items("objects"))
    manager, force = reader.take("manager", str, "kubectl"), reader.optional("force", bool)
    reader.finish()
    if not objects:
        raise InputError("nothing is applied", place=reader.place("objects"), expected="a list of objects")
    return ServerSideApply(objects=objects, manager=manager, force=force is True, namespace=NAMESPACE)


def _patch(field: str, patch_type: PatchType) -> _Parser:
    def parse(value: object, path: Path, locate: Locate) -> Patch:
        reader = Reader(value, path, locate)
        event = Patch(target=parse_target(reader), patch=Json.of(reader.take(field, dict)), type=patch_type)
        reader.finish()
        return event

    return parse


def _scale(value: object, path: Path, locate: Locate) -> Scale:
    reader = Reader(value, path, locate)
    event = Scale(target=parse_target(reader), replicas=reader.take("replicas", int))
    reader.finish()
    return event


def _label(value: object, path: Path, locate: Locate) -> Label:
    reader = Reader(value, path, locate)
    event = Label(target=parse_target(reader), labels=FrozenMap(reader.take("labels", dict)))
    reader.finish()
    return event


def _delete(value: object, path: Path, locate: Locate) -> Delete:
    reader = Reader(value, path, locate)
    event = Delete(
        target=parse_target(reader),
        grace_period_seconds=reader.optional("gracePeriodSeconds", int),
        propagation_policy=reader.take("propagationPolicy", str, ""),
    )
    reader.finish()
    return event


def _evict(value: object, path: Path, locate: Locate) -> Evict:
    reader = Reader(value, path, locate)
    event = Evict(target=parse_target(reader, "Pod"), count=reader.take("count", int, 1))
    reader.finish()
    return event


def _add_node(value: object, path: Path, locate: Locate) -> NodeAdded:
    return NodeAdded(parse_node(Reader(value, path, locate)))


def _cordon(*, unschedulable: bool) -> _Parser:
    def parse(value: object, path: Path, locate: Locate) -> Cordon:
        return Cordon(node=node_name(value, path, locate), unschedulable=unschedulable)

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
        pod_selector=reader.take("podSelector", str, ""),
        skip_wait_for_delete_timeout=reader.take("skipWaitForDeleteTimeout", int, 0),
    )
    reader.finish()
    return event


def _rollout(value: object, path: Path, locate: Locate) -> SetImage:
    reader = Reader(value, path, locate)
    event = SetImage(
        target=parse_target(reader, "Deployment"),
        image=reader.take("image", str),
        container=reader.take("container", str, ""),
    )
    reader.finish()
    return event


def _undo(value: object, path: Path, locate: Locate) -> RolloutUndo:
    reader = Reader(value, path, locate)
    event = RolloutUndo(target=parse_target(reader, "Deployment"), to_revision=reader.take("toRevision", int, 0))
    reader.finish()
    return event


def _autoscale(value: object, path: Path, locate: Locate) -> Autoscale:
    reader = Reader(value, path, locate)
    event = Autoscale(
        target=parse_target(reader, "Deployment"),
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


def _look_up(value: object, path: Path, locate: Locate) -> NameLookedUp:
    reader = Reader(value, path, locate)
    event = NameLookedUp(parse_target(reader.child("from"), "Pod"), reader.take("for", str))
    reader.finish()
    return event


def _of_workload(event: type[RolloutRestart | RolloutPause | RolloutResume]) -> _Parser:
    def parse(value: object, path: Path, locate: Locate) -> UserEvent:
        reader = Reader(value, path, locate)
        asked = event(target=parse_target(reader, "Deployment"))
        reader.finish()
        return asked

    return parse


def _backup_name(value: object, path: Path, locate: Locate) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(f"{value!r} is no name of a backup", place=locate(path), expected="a name")
    return value


_EXPECTATIONS = frozenset({"expect", "expectResponses", "shows"})

ACTS: Mapping[str, _Parser] = {
    "apply": _apply,
    "serverSideApply": _server_side_apply,
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
    "lookUp": _look_up,
    "addNode": _add_node,
    **FAULT_STEPS,
}

_BACKUPS: Mapping[str, type[Keep | Return]] = {
    "backup": Keep,
    "restore": Return,
    "export": Keep,
    "import": Return,
}

OPERATIONS = frozenset({*ACTS, *FOUND_LATER, *_BACKUPS, "newCluster", "wait", "settle"})
"""What each step of a scenario is one of."""
