"""Probes and lifecycle hooks of a container.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kcore.apiserver.field import Errors, forbidden, invalid, invalid_each, not_supported, required
from kcore.apiserver.validation import names
from kcore.apiserver.validation.numbers import nonnegative_fields, port_or_name

_SECONDS_AND_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_SCHEMES = ("HTTP", "HTTPS")


def probes(container: Mapping[str, Any], grace_period: int | None, path: str) -> Errors:
    """Yield the errors of a container's lifecycle hooks and its three probes; grace period in seconds."""
    for field, hook in (container.get("lifecycle") or {}).items():
        if field in ("postStart", "preStop") and hook is not None:
            yield from _handler(hook, _HOOKS, grace_period, f"{path}.lifecycle.{field}")
    for field in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(field) is not None:
            yield from _probe(container[field], field, grace_period, f"{path}.{field}")


def _probe(probe: Mapping[str, Any], field: str, grace_period: int | None, path: str) -> Errors:
    yield from _handler(probe, _PROBES, grace_period, path)
    yield from nonnegative_fields(probe, _SECONDS_AND_COUNTS, path)
    own_grace = probe.get("terminationGracePeriodSeconds")
    if own_grace is not None and own_grace <= 0:
        yield invalid(f"{path}.terminationGracePeriodSeconds", own_grace, "must be greater than 0")
    if field == "readinessProbe":
        if own_grace is not None:
            yield invalid(f"{path}.terminationGracePeriodSeconds", own_grace, "must not be set for readinessProbes")
    elif probe.get("successThreshold") != 1:
        yield invalid(f"{path}.successThreshold", probe.get("successThreshold", 0), "must be 1")


def _handler(handler: Mapping[str, Any], kinds: tuple[str, ...], grace_period: int | None, path: str) -> Errors:
    found = [field for field in kinds if handler.get(field) is not None]
    for i, field in enumerate(found):
        if i:
            yield forbidden(f"{path}.{field}", "may not specify more than 1 handler type")
        elif field == "sleep":
            yield from _sleep(handler[field], grace_period, f"{path}.sleep")
        else:
            yield from _HANDLERS[field](handler[field], f"{path}.{field}")
    if not found:
        yield required(path, "must specify a handler type")


def _exec(action: Mapping[str, Any], path: str) -> Errors:
    if not action.get("command"):
        yield required(f"{path}.command")


def _http_get(action: Mapping[str, Any], path: str) -> Errors:
    if not action.get("path"):
        yield required(f"{path}.path")
    yield from port_or_name(action.get("port", 0), f"{path}.port")
    if action.get("scheme", "") not in _SCHEMES:
        yield not_supported(f"{path}.scheme", action.get("scheme", ""), _SCHEMES)
    for header in action.get("httpHeaders") or ():
        name = header.get("name", "")
        yield from invalid_each(f"{path}.httpHeaders", name, names.http_header_name(name))


def _port(action: Mapping[str, Any], path: str) -> Errors:
    yield from port_or_name(action.get("port", 0), f"{path}.port")


def _sleep(action: Mapping[str, Any], grace_period: int | None, path: str) -> Errors:
    seconds = action.get("seconds", 0)
    if grace_period is not None and not 0 <= seconds <= grace_period:
        detail = f"must be non-negative and less than terminationGracePeriodSeconds ({grace_period})"
        yield invalid(path, seconds, detail)


_PROBES = ("exec", "httpGet", "tcpSocket", "grpc")
_HOOKS = ("exec", "httpGet", "tcpSocket", "sleep")
_HANDLERS: Mapping[str, Callable[[Mapping[str, Any], str], Errors]] = {
    "exec": _exec,
    "httpGet": _http_get,
    "tcpSocket": _port,
    "grpc": _port,
}
