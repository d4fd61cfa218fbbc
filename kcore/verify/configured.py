"""Configured: the scheduler, descheduler and cluster autoscaler of a cluster, as Checks and Scenarios give them.

Models the fields `scheduler` (a KubeSchedulerConfiguration), `descheduler` (a DeschedulerPolicy) and
`clusterAutoscaler`: each an object, or the path of a file with one, relative to the file that names it. What is wrong
is told with its file and line. The objects themselves go into the cluster's configuration, and so into every trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import Any

import attrs

from kcore.api.fields.check import Path, path_text
from kcore.api.json import Json
from kcore.cluster.config import ClusterConfig
from kcore.errors import InputError, Place
from kcore.manifests.yaml_source import read_yaml
from kcore.optional.clusterautoscaler.configuration import read_autoscaler
from kcore.optional.descheduler.configuration import read_policy
from kcore.scheduler.configuration import read_configuration
from kcore.verify.reader import Locate, Reader

Read = Callable[[Mapping[str, Any], Locate], object]


def configured(reader: Reader, config: ClusterConfig) -> ClusterConfig:
    """Return the configuration with what `reader` says of the scheduler and the components that may be added."""
    found: dict[str, Any] = {}
    for name, (field, read) in _FIELDS.items():
        given = reader.optional(name, object)
        if isinstance(given, str):
            place = reader.place(name)
            found[field] = read_file(
                FilePath(place.file).parent / given if place.file else FilePath(given), read, place
            )
        elif given is not None:
            found[field] = _read(given, _below(reader, name), read)
    return attrs.evolve(config, **found) if found else config


def with_scheduler(config: ClusterConfig, scheduler: Json) -> ClusterConfig:
    """Return the configuration with another scheduler's; an empty one changes nothing."""
    return attrs.evolve(config, scheduler=scheduler) if scheduler else config


def scheduler_file(path: FilePath) -> Json:
    """Return the KubeSchedulerConfiguration in a file; InputError, with file and line, where it can't be used."""
    return read_file(path, read_configuration, Place(file=str(path)))


def read_file(path: FilePath, read: Read, named: Place) -> Json:
    """Return the one object in a file that is `named` somewhere, once it was read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "it is no text"
        problem = why if named.file == str(path) else f"{path}: {why}"
        raise InputError(problem, place=named, expected="a file that can be read") from None
    documents = list(read_yaml(text, str(path)))
    if len(documents) != 1:
        problem = f"there are {len(documents)} documents"
        raise InputError(problem, place=Place(file=str(path)), expected="one")
    lines = documents[0].lines
    return _read(
        documents[0].value, lambda at: Place(file=str(path), line=lines.of(at) or lines.line, field=path_text(at)), read
    )


def _below(reader: Reader, name: str) -> Locate:
    """Return where what is in the field `name` stands."""
    return lambda path: reader.locate((*reader.at(name), *path))


def _read(given: object, locate: Locate, read: Read) -> Json:
    path: Path = ()
    if not isinstance(given, dict):
        raise InputError(f"{given!r} stands here", place=locate(path), expected="an object, or the path of a file")
    read(given, locate)
    return Json.of(given)


_FIELDS: Mapping[str, tuple[str, Read]] = {
    "scheduler": ("scheduler", read_configuration),
    "descheduler": ("descheduler", read_policy),
    "clusterAutoscaler": ("cluster_autoscaler", read_autoscaler),
}
"""By the field of a spec file the setting of the cluster, and how it is read."""
