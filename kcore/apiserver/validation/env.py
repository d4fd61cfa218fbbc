"""The environment of a container: variables and where their values come from.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kcore.apiserver.field import Errors, invalid, invalid_each, required
from kcore.apiserver.validation import names
from kcore.apiserver.validation.fieldrefs import ENVIRONMENT_FIELDS, field_selector, resource_selector
from kcore.apiserver.validation.paths import local_non_reserved

_ONE_OF = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"


def environment(variables: Sequence[Mapping[str, Any]], path: str) -> Errors:
    """Yield the errors of `env`."""
    for i, variable in enumerate(variables):
        here, name = f"{path}[{i}]", variable.get("name", "")
        if name:
            yield from invalid_each(f"{here}.name", name, names.environment_variable(name))
        else:
            yield required(f"{here}.name")
        if variable.get("valueFrom") is not None:
            yield from _value_from(variable, f"{here}.valueFrom")


def _value_from(variable: Mapping[str, Any], path: str) -> Errors:
    value_from = variable["valueFrom"]
    found = [field for field in _SOURCES if value_from.get(field) is not None]
    for field in found:
        yield from _SOURCES[field](value_from[field], f"{path}.{field}")
    if not found:
        yield invalid(path, "", _ONE_OF)
    elif variable.get("value"):
        yield invalid(path, "", "may not be specified when `value` is not empty")
    elif len(found) > 1:
        yield invalid(path, "", "may not have more than one field specified at a time")


def _key_selector(selector: Mapping[str, Any], path: str) -> Errors:
    name, key = selector.get("name", ""), selector.get("key", "")
    yield from invalid_each(f"{path}.name", name, names.dns1123_subdomain(name))
    if key:
        yield from invalid_each(f"{path}.key", key, names.config_key(key))
    else:
        yield required(f"{path}.key")


def _file_key_selector(selector: Mapping[str, Any], path: str) -> Errors:
    for field in ("volumeName", "path", "key"):
        if not selector.get(field):
            yield required(f"{path}.{field}")
    yield from local_non_reserved(selector.get("path", ""), f"{path}.path")
    if key := selector.get("key"):
        yield from invalid_each(f"{path}.key", key, names.environment_variable(key))


def environment_from(sources: Sequence[Mapping[str, Any]], path: str) -> Errors:
    """Yield the errors of `envFrom`: each names one ConfigMap or Secret."""
    for i, source in enumerate(sources):
        here = f"{path}[{i}]"
        if prefix := source.get("prefix"):
            yield from invalid_each(f"{here}.prefix", prefix, names.environment_variable(prefix))
        found = [field for field in ("configMapRef", "secretRef") if source.get(field) is not None]
        for field in found:
            yield from _whole_object(source[field].get("name", ""), f"{here}.{field}.name")
        if not found:
            yield invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(found) > 1:
            yield invalid(path, "", "may not have more than one field specified at a time")


def _whole_object(name: str, path: str) -> Errors:
    if name:
        yield from invalid_each(path, name, names.dns1123_subdomain(name))
    else:
        yield required(path)


_SOURCES: Mapping[str, Callable[[Mapping[str, Any], str], Errors]] = {
    "fieldRef": lambda selector, path: field_selector(selector, ENVIRONMENT_FIELDS, path),
    "resourceFieldRef": lambda selector, path: resource_selector(selector, path, in_volume=False),
    "configMapKeyRef": _key_selector,
    "secretKeyRef": _key_selector,
    "fileKeyRef": _file_key_selector,
}
