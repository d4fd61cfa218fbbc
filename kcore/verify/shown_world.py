"""What a scenario shows of the machines, whatever the API says: containers, their configuration, and disks.

`runs` names the pods of which a process runs on a machine. `container` is what one runs with, and `disk` who wrote to
the disk of a claim, where it is attached, and who can write to it now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kcore.api.object import ObjectKey
from kcore.cluster.state import ClusterState
from kcore.verify.matching import matches, not_these
from kcore.verify.moment import Moment
from kcore.verify.reader import Reader
from kcore.verify.shown_objects import Wrong, answer_of
from kcore.verify.targets import NAMESPACE, disk_of_claim
from kcore.world.container import Container
from kcore.world.disk import DiskId, writers
from kcore.world.sandbox import Sandbox


def _runs(reader: Reader) -> Wrong:
    named = reader.child("runs")
    node = named.take("node", str)
    named.finish()
    wanted = [str(one) for one in reader.take("pods", list)]

    def judged(moment: Moment) -> str:
        if node not in moment.state.world.machines:
            return f"there is no machine {node}"
        there = moment.state.world.sandboxes_on(node)
        return not_these(wanted, (one.pod.name for one in there if one.running))

    return judged


def _container(reader: Reader) -> Wrong:
    named = reader.child("container")
    pod, name = named.take("pod", str), named.take("name", str, "")
    node, namespace = named.take("node", str, ""), named.take("namespace", str, NAMESPACE)
    named.finish()
    wrong = answer_of(reader)

    def judged(moment: Moment) -> str:
        found = [one for one in _sandboxes(moment.state, namespace, pod) if node in ("", one.id.node)]
        there = [(one, each) for one in found for each in one.containers if name in ("", each.name)]
        return wrong(_of_container(*there[0]) if there else None)

    return judged


def _sandboxes(state: ClusterState, namespace: str, pod: str) -> list[Sandbox]:
    """Return the sandboxes of a pod, those that still run first, then by machine."""
    found = [one for node in sorted(state.world.machines) for one in state.world.sandboxes_on(node)]
    named = [one for one in found if one.pod.namespace == namespace and matches(pod, one.pod.name)]
    return sorted(named, key=lambda one: not one.running)


def _of_container(sandbox: Sandbox, found: Container) -> Mapping[str, Any]:
    given = found.configuration
    return {
        "node": sandbox.id.node,
        "state": found.state.value,
        "image": found.image,
        "restarts": found.restarts,
        "reason": found.reason,
        "message": found.message,
        "environment": {} if given is None else dict(given.environment),
        "sources": [] if given is None else list(given.sources),
        "files": {volume: dict(sandbox.files[volume]) for volume in sandbox.files},
        "fixedFiles": {} if given is None else dict(given.files),
    }


def _disk(reader: Reader) -> Wrong:
    named = reader.child("disk")
    claim = ObjectKey("PersistentVolumeClaim", named.take("namespace", str, NAMESPACE), named.take("claim", str))
    node = named.take("node", str, "")
    named.finish()
    wrong = answer_of(reader)

    def judged(moment: Moment) -> str:
        disk = disk_of_claim(moment.state, claim, node)
        return wrong(None if disk is None else _of_disk(moment.state, disk))

    return judged


def _of_disk(state: ClusterState, id_: DiskId) -> Mapping[str, Any]:
    disk, sandboxes = state.world.disks.get(id_), state.world.sandboxes
    mounts = [one for one in disk.mounts if one.sandbox in sandboxes]
    return {
        "writtenThrough": sorted(_named(state, disk.contents)),
        "attached": sorted(disk.attached),
        "mountedBy": sorted(sandboxes[one.sandbox].pod.name for one in mounts),
        "writers": sorted(writers(disk, sandboxes)),
        "missed": any(one.missed for one in mounts),
        "torn": disk.torn,
    }


def _named(state: ClusterState, uids: Iterable[str]) -> list[str]:
    """Return the names of the claims with these uids; those that are gone have none."""
    names = {one.metadata.uid: one.metadata.name for one in state.store.list("PersistentVolumeClaim")}
    return [names.get(uid, "a claim that is gone") for uid in uids]


WORLD: Mapping[str, Callable[[Reader], Wrong]] = {"runs": _runs, "container": _container, "disk": _disk}
"""The questions about machines."""
