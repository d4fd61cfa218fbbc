"""Ingress: hosts, paths and the Services behind them.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/networking/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import part
from kcore.apiserver.field import Errors, gathered, invalid, invalid_each, not_supported, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, path_segment
from kcore.apiserver.validation.network import parse_ip
from kcore.apiserver.validation.numbers import port_number

Part: TypeAlias = Mapping[str, Any]

_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_NOT_IN_PATHS = ("//", "/./", "/../", "%2f", "%2F")
_NOT_AT_ENDS = ("/..", "/.")
_CLASS = "kubernetes.io/ingress.class"


def default(wire: Wire) -> None:
    """Fill in the parts that are always there."""
    part(wire, "spec")
    part(part(wire, "status"), "loadBalancer")


def prepare_create(wire: Wire) -> None:
    """Give a new Ingress an empty status."""
    wire["status"] = {"loadBalancer": {}}


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of an Ingress."""
    meta, spec = wire.get("metadata") or {}, wire.get("spec") or {}
    yield from object_meta(meta, names.dns1123_subdomain)
    rules, backend = spec.get("rules") or [], spec.get("defaultBackend")
    if not rules and backend is None:
        yield invalid("spec", rules, "either `defaultBackend` or `rules` must be specified")
    if backend is not None:
        yield from _backend(backend, "spec.defaultBackend")
    for i, rule in enumerate(rules):
        yield from _rule(rule, f"spec.rules[{i}]")
    for i, tls in enumerate(spec.get("tls") or ()):
        yield from _tls(tls, f"spec.tls[{i}]")
    name = spec.get("ingressClassName")
    if name is not None:
        yield from invalid_each("spec.ingressClassName", name, names.dns1123_subdomain(name))
    annotation = (meta.get("annotations") or {}).get(_CLASS)
    if not meta.get("resourceVersion") and None not in (annotation, name) and annotation != name:
        yield invalid(f"annotations.{_CLASS}", annotation, "must match `ingressClassName` when both are specified")


def _host(host: str) -> names.Details:
    return names.wildcard_dns1123_subdomain(host) if "*" in host else names.dns1123_subdomain(host)


def _tls(tls: Part, path: str) -> Errors:
    for i, host in enumerate(tls.get("hosts") or ()):
        yield from invalid_each(f"{path}.hosts[{i}]", host, _host(host))
    if secret := tls.get("secretName"):
        yield from invalid_each(f"{path}.secretName", secret, names.dns1123_subdomain(secret))


def _rule(rule: Part, path: str) -> Errors:
    if host := rule.get("host"):
        if parse_ip(host) is not None:
            yield invalid(f"{path}.host", host, "must be a DNS name, not an IP address")
        yield from invalid_each(f"{path}.host", host, _host(host))
    if rule.get("http") is None:
        return
    paths = rule["http"].get("paths") or ()
    if not paths:
        yield required(f"{path}.http.paths")
    for i, one in enumerate(paths):
        yield from _path(one, f"{path}.http.paths[{i}]")


def _path(one: Part, path: str) -> Errors:
    kind, value = one.get("pathType"), one.get("path", "")
    if kind is None:
        yield required(f"{path}.pathType", "pathType must be specified")
        return
    exact = kind in ("Exact", "Prefix")
    if kind not in _PATH_TYPES:
        yield not_supported(f"{path}.pathType", kind, _PATH_TYPES)
    elif not value.startswith("/") and (exact or value):
        yield invalid(f"{path}.path", value, "must be an absolute path")
    for part_ in _NOT_IN_PATHS if exact else ():
        if part_ in value:
            yield invalid(f"{path}.path", value, f"must not contain '{part_}'")
    for end in _NOT_AT_ENDS if exact else ():
        if value.endswith(end):
            yield invalid(f"{path}.path", value, f"cannot end with '{end}'")
    yield from _backend(one.get("backend") or {}, f"{path}.backend")


def _backend(backend: Part, path: str) -> Errors:
    resource, service = backend.get("resource"), backend.get("service")
    if resource is not None and service is not None:
        yield invalid(path, "", "cannot set both resource and service backends")
    elif resource is not None:
        yield from _resource(resource, f"{path}.resource")
    elif service is not None:
        yield from _service(service, path)
    else:
        yield invalid(path, "", "resource or service backend is required")


def _resource(resource: Part, path: str) -> Errors:
    if resource.get("apiGroup") is not None:
        group = resource["apiGroup"]
        yield from invalid_each(f"{path}.apiGroup", group, names.dns1123_subdomain(group))
    for field in ("kind", "name"):
        value = resource.get(field, "")
        if value:
            yield from invalid_each(f"{path}.{field}", value, path_segment(value))
        else:
            yield required(f"{path}.{field}")


def _service(service: Part, path: str) -> Errors:
    name, port = service.get("name", ""), service.get("port") or {}
    if name:
        yield from invalid_each(f"{path}.service.name", name, names.dns1123_label(name))
    else:
        yield required(f"{path}.service.name")
    port_name, number = port.get("name", ""), port.get("number", 0)
    if port_name and number:
        yield invalid(path, "", "cannot set both port name & port number")
    elif port_name:
        yield from invalid_each(f"{path}.service.port.name", port_name, names.port_name(port_name))
    elif number:
        yield from invalid_each(f"{path}.service.port.number", number, port_number(number))
    else:
        yield required(path, "port name or number is required")


STRATEGY = Strategy(kind="Ingress", default=default, prepare_create=prepare_create, validate=validate)
