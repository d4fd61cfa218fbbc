"""Configuration: what a container gets of ConfigMaps and Secrets, and why it can't have it.

Models the environment (env, envFrom, prefixes, optional references; later values win) and the files of configMap,
secret and projected volumes (items, optional sources), with upstream's errors. A volume has to be written before
anything of its pod is started; the environment is made each time that a container is started, and its command with it.

Not modelled: tokens, environment files, paths made of variables. The ConfigMap kube-root-ca.crt is in every namespace.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kubelet_pods.go
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from kcore.api.core.configmap import ConfigMap
from kcore.api.core.container import Container
from kcore.api.core.env import EnvFromSource, EnvVarSource
from kcore.api.core.podspec import PodSpec
from kcore.api.core.secret import Secret
from kcore.api.core.volume import KeyToPath, Volume
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.memo import Memo
from kcore.api.object import ApiObject, ObjectKey
from kcore.kubelet.downward import Facts, expanded, field_value, is_told, resource_value
from kcore.world.configuration import CONFIG_ERROR, Configuration, Failure

CONFIG_MAP = "ConfigMap"
SECRET = "Secret"

ROOT_CA = "kube-root-ca.crt"
"""The ConfigMap that every namespace has."""

Get: TypeAlias = Callable[[ObjectKey], ApiObject | None]
"""Returns an object by its key, None where there is none."""


class Reference(NamedTuple):
    """Where a value comes from: all of an object, or one `key` of it (None: all); `into` names the variable."""

    kind: str
    name: str
    optional: bool
    key: str | None = None
    into: str = ""


class Source(NamedTuple):
    """One source of a volume: all keys of an object as files, or the `items` alone."""

    kind: str
    name: str
    optional: bool
    items: tuple[KeyToPath, ...] = ()


class Files(NamedTuple):
    """The files of all volumes of ConfigMaps and Secrets that could be made, and what is wrong with each other one."""

    found: FrozenMap[FrozenMap[str]]
    missing: FrozenMap[str]


class _UnresolvedError(Exception):
    """A reference that has to be there is not."""


def env_references(container: Container) -> Iterator[Reference]:
    """Yield what the environment of a container is made of, in upstream's order."""
    for source in container.env_from:
        yield _from_all(source)
    for variable in container.env:
        given = None if variable.value_from is None else _from_key(variable.name, variable.value_from)
        if given is not None:
            yield given


def _from_all(source: EnvFromSource) -> Reference:
    if source.config_map_ref is not None:
        return Reference(CONFIG_MAP, source.config_map_ref.name, bool(source.config_map_ref.optional))
    if source.secret_ref is not None:
        return Reference(SECRET, source.secret_ref.name, bool(source.secret_ref.optional))
    return Reference("", "", optional=True)


def _from_key(into: str, source: EnvVarSource) -> Reference | None:
    for kind, ref in ((CONFIG_MAP, source.config_map_key_ref), (SECRET, source.secret_key_ref)):
        if ref is not None:
            return Reference(kind, ref.name, bool(ref.optional), ref.key, into)
    return None


def _volume_sources(volume: Volume) -> tuple[Source, ...]:
    """Return the sources of a volume that are ConfigMaps and Secrets, in order."""
    if volume.config_map is not None:
        one = volume.config_map
        return (Source(CONFIG_MAP, one.name, bool(one.optional), one.items),)
    if volume.secret is not None:
        secret = volume.secret
        return (Source(SECRET, secret.secret_name, bool(secret.optional), secret.items),)
    if volume.projected is None:
        return ()
    pairs = [pair for one in volume.projected.sources for pair in ((CONFIG_MAP, one.config_map), (SECRET, one.secret))]
    return tuple(Source(kind, one.name, bool(one.optional), one.items) for kind, one in pairs if one is not None)


class Needs(NamedTuple):
    """What a pod's spec takes from ConfigMaps and Secrets, and from the pod itself.

    `objects` are all (kind, name) that it names; `containers` the names of those with an environment from there, or
    that are told of their pod; `volumes` the sources of each volume from there.
    """

    objects: tuple[tuple[str, str], ...]
    containers: frozenset[str]
    volumes: tuple[tuple[str, tuple[Source, ...]], ...]


def _needs(spec: PodSpec) -> Needs | None:
    volumes = tuple((one.name, sources) for one in spec.volumes if (sources := _volume_sources(one)))
    whole = (*spec.init_containers, *spec.containers)
    with_env = [one for one in whole if one.env_from or any(each.value_from is not None for each in one.env)]
    references = {one.name: tuple(env_references(one)) for one in with_env}
    told = set()
    for one in whole:
        if (one.env or one.command or one.args) and is_told(one):
            told.add(one.name)
    if not volumes and not told and not any(references.values()):
        return None
    named = {(ref.kind, ref.name) for refs in references.values() for ref in refs if ref.kind}
    named |= {(source.kind, source.name) for _, sources in volumes for source in sources}
    mounting = {one.name for one in whole if any(each.sub_path for each in one.volume_mounts)} if volumes else set()
    return Needs(
        tuple(sorted(named)), frozenset({name for name, refs in references.items() if refs} | mounting | told), volumes
    )


needs_of: Memo[Needs | None] = Memo(_needs)
"""What a pod's spec takes from ConfigMaps and Secrets, None for nothing."""


def files_of(needs: Needs, namespace: str, get: Get) -> Files:
    """Return the files of a pod's volumes as they would be written now."""
    found: dict[str, FrozenMap[str]] = {}
    missing: dict[str, str] = {}
    for name, sources in needs.volumes:
        files: dict[str, str] = {}
        errors: list[str] = []
        for source in sources:
            try:
                files |= _written(source, namespace, get)
            except _UnresolvedError as error:
                errors.append(str(error))
        if errors:
            missing[name] = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
        else:
            found[name] = FrozenMap(files)
    return Files(FrozenMap(found), FrozenMap(missing) if missing else EMPTY)


def configuration_of(
    container: Container, namespace: str, get: Get, files: FrozenMap[FrozenMap[str]], facts: Facts | None = None
) -> Configuration | Failure:
    """Return what a container would be started with now, or why it can't be.

    `files` are those of its pod's volumes, `facts` what it may be told of the pod, None for nothing.
    """
    environment: dict[str, str] = {}
    sources: set[str] = set()
    try:
        for each in container.env_from:
            reference = _from_all(each)
            data = _data(reference.kind, reference.name, namespace, get, optional=reference.optional)
            if data is not None:
                sources.add(f"{reference.kind}/{reference.name}")
                environment |= {each.prefix + key: text for key, text in data.items()}
        for variable in container.env:
            source = None if variable.value else variable.value_from
            given = None if source is None else _from_key(variable.name, source)
            if source is None:
                value: str | None = expanded(variable.value, environment)
            else:
                value = _told(source, container, facts) if given is None else _value(given, namespace, get)
            if given is not None and value is not None:
                sources.add(f"{given.kind}/{given.name}")
            if value is not None:
                environment[variable.name] = value
    except _UnresolvedError as error:
        return Failure(CONFIG_ERROR, str(error))
    return Configuration(
        environment=FrozenMap(environment),
        sources=tuple(sorted(sources)),
        files=_fixed(container, files),
        command=_command(container, environment),
    )


def _told(source: EnvVarSource, container: Container, facts: Facts | None) -> str | None:
    """Return what a container is told of its pod, None where it is told nothing."""
    if facts is not None and source.field_ref is not None:
        return field_value(source.field_ref.field_path, facts)
    if facts is not None and source.resource_field_ref is not None:
        return resource_value(source.resource_field_ref, container, facts)
    return None


def _command(container: Container, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command of a container with its arguments where variables stand in it, () where none does."""
    whole = (*container.command, *container.args)
    return tuple(expanded(one, environment) for one in whole) if any("$" in one for one in whole) else ()


def _fixed(container: Container, files: FrozenMap[FrozenMap[str]]) -> FrozenMap[str]:
    """Return the files that a container mounts one by one, which nobody writes anew."""
    return FrozenMap(
        (f"{mount.name}/{path}", content)
        for mount in container.volume_mounts
        if mount.sub_path and mount.name in files
        for path, content in files[mount.name].items()
        if f"{path}/".startswith(f"{mount.sub_path}/")
    )


def _value(reference: Reference, namespace: str, get: Get) -> str | None:
    """Return the value of one key, None where it may be missing and is."""
    data = _data(reference.kind, reference.name, namespace, get, optional=reference.optional)
    if data is None:
        return None
    value = data.get(reference.key or "")
    if value is None and not reference.optional:
        message = f"couldn't find key {reference.key} in {reference.kind} {namespace}/{reference.name}"
        raise _UnresolvedError(message)
    return value


def _data(kind: str, name: str, namespace: str, get: Get, *, optional: bool) -> FrozenMap[str] | None:
    """Return the texts of an object by key, None where it may be missing and is."""
    if not kind:
        return None
    found = get(ObjectKey(kind, namespace, name))
    if isinstance(found, ConfigMap):
        return found.data
    if isinstance(found, Secret):
        return _decoded(found.data)
    if kind == CONFIG_MAP and name == ROOT_CA:
        return _ROOT_CA_DATA
    if optional:
        return None
    message = f'{kind.lower()} "{name}" not found'
    raise _UnresolvedError(message)


def _written(source: Source, namespace: str, get: Get) -> Iterable[tuple[str, str]]:
    """Return the files that one source makes, as (path, content)."""
    data = _data(source.kind, source.name, namespace, get, optional=source.optional)
    if data is None:
        return ()
    found = get(ObjectKey(source.kind, namespace, source.name))
    if isinstance(found, ConfigMap) and found.binary_data:
        data = data.update(_decoded(found.binary_data))
    if not source.items:
        return data.items()
    absent = [one.key for one in source.items if one.key not in data]
    if absent and not source.optional:
        prefix = "configmap " if source.kind == CONFIG_MAP else ""
        what = "config" if source.kind == CONFIG_MAP else "secret"
        message = f"{prefix}references non-existent {what} key: {absent[0]}"
        raise _UnresolvedError(message)
    return [(one.path, data[one.key]) for one in source.items if one.key in data]


def _decode(data: FrozenMap[str]) -> FrozenMap[str]:
    return FrozenMap((key, b64decode(value).decode("utf-8", "surrogateescape")) for key, value in data.items())


_decoded: Memo[FrozenMap[str]] = Memo(_decode)

_ROOT_CA_DATA: FrozenMap[str] = FrozenMap({"ca.crt": "the certificate of the cluster"})
