"""Admission webhooks in their configurations: names, rules, who is called, and what a failure means.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/admissionregistration/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kcore.apiserver.expressions import ExpressionError, compiled, is_installed
from kcore.apiserver.field import Errors, duplicate, invalid, invalid_each, not_supported, required
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import label_selector

ALL = "*"
REVIEWS = ("v1", "v1beta1")
_OPERATIONS = (ALL, "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = (ALL, "Cluster", "Namespaced")
_CHOICES = {
    "failurePolicy": ("Fail", "Ignore"),
    "matchPolicy": ("Equivalent", "Exact"),
    "reinvocationPolicy": ("IfNeeded", "Never"),
}
_NO_SIDE_EFFECTS = ("None", "NoneOnDryRun")
_MOST_SECONDS = 30
_SEGMENTS = 3
_URL = "desired format: https://host[/path]"


def webhook_errors(webhooks: Sequence[Mapping[str, Any]], path: str) -> Errors:
    """Yield what is wrong with the webhooks of a configuration."""
    seen: set[str] = set()
    for at, webhook in enumerate(webhooks):
        here, name = f"{path}[{at}]", str(webhook.get("name") or "")
        yield from _webhook(webhook, name, here)
        yield from _review_versions(webhook.get("admissionReviewVersions") or [], f"{here}.admissionReviewVersions")
        if name and name in seen:
            yield duplicate(f"{here}.name", name)
        seen.add(name)


def _webhook(webhook: Mapping[str, Any], name: str, path: str) -> Errors:
    yield from _qualified(name, f"{path}.name")
    for at, rule in enumerate(webhook.get("rules") or ()):
        yield from rule_errors(rule, f"{path}.rules[{at}]")
    for field, allowed in _CHOICES.items():
        if field in webhook and webhook[field] not in allowed:
            yield not_supported(f"{path}.{field}", webhook[field], allowed)
    effects = webhook.get("sideEffects")
    if effects is None:
        yield required(f"{path}.sideEffects", f"must specify one of {', '.join(_NO_SIDE_EFFECTS)}")
    elif effects not in _NO_SIDE_EFFECTS:
        yield not_supported(f"{path}.sideEffects", effects, _NO_SIDE_EFFECTS)
    seconds = webhook.get("timeoutSeconds")
    if seconds is not None and not 1 <= seconds <= _MOST_SECONDS:
        yield invalid(f"{path}.timeoutSeconds", seconds, "the timeout value must be between 1 and 30 seconds")
    for field in ("namespaceSelector", "objectSelector"):
        yield from label_selector(webhook.get(field), f"{path}.{field}")
    yield from _client(webhook.get("clientConfig") or {}, f"{path}.clientConfig")
    yield from _conditions(webhook.get("matchConditions") or (), f"{path}.matchConditions")


def _qualified(name: str, path: str) -> Errors:
    if not name:
        yield required(path)
        return
    yield from invalid_each(path, name, names.dns1123_subdomain(name))
    if len(name.split(".")) < _SEGMENTS:
        yield invalid(path, name, "should be a domain with at least three segments separated by dots")


def rule_errors(rule: Mapping[str, Any], path: str) -> Errors:
    """Yield what is wrong with a rule about operations and resources."""
    yield from _operations(rule.get("operations") or [], f"{path}.operations")
    for field, called in (("apiGroups", "API groups"), ("apiVersions", "API versions")):
        values = rule.get(field) or []
        if not values:
            yield required(f"{path}.{field}")
        if len(values) > 1 and ALL in values:
            yield invalid(f"{path}.{field}", values, f"if '*' is present, must not specify other {called}")
    for at, version in enumerate(rule.get("apiVersions") or ()):
        if not version:
            yield required(f"{path}.apiVersions[{at}]")
    yield from _resources(rule.get("resources") or [], f"{path}.resources")
    if rule.get("scope") is not None and rule["scope"] not in _SCOPES:
        yield not_supported(f"{path}.scope", rule["scope"], _SCOPES)


def _operations(operations: Sequence[str], path: str) -> Errors:
    if not operations:
        yield required(path)
    if len(operations) > 1 and ALL in operations:
        yield invalid(path, operations, "if '*' is present, must not specify other operations")
    for at, one in enumerate(operations):
        if one not in _OPERATIONS:
            yield not_supported(f"{path}[{at}]", one, _OPERATIONS)


def _resources(resources: Sequence[str], path: str) -> Errors:
    if not resources:
        yield required(path)
    for at, one in enumerate(resources):
        if not one:
            yield required(f"{path}[{at}]")
    if len(resources) > 1 and "*/*" in resources:
        yield invalid(path, resources, "if '*/*' is present, must not specify other resources")


def _review_versions(versions: Sequence[str], path: str) -> Errors:
    accepted = ", ".join(REVIEWS)
    if not versions:
        yield required(path, f"must specify one of {accepted}")
        return
    for at, version in enumerate(versions):
        yield from invalid_each(f"{path}[{at}]", version, names.dns1035_label(version))
        if version in versions[:at]:
            yield invalid(f"{path}[{at}]", version, "duplicate version")
    if not set(versions) & set(REVIEWS):
        yield invalid(path, versions, f"must include at least one of {accepted}")


def _client(client: Mapping[str, Any], path: str) -> Errors:
    url, service = client.get("url"), client.get("service")
    if (url is None) == (service is None):
        yield required(path, "exactly one of url or service is required")
    elif service is not None:
        for field in ("name", "namespace"):
            if not service.get(field):
                yield required(f"{path}.service.{field}", f"service {field} is required")
        yield from invalid_each(f"{path}.service.port", service.get("port"), _port(service.get("port")))
        if service.get("path") is not None and not service["path"].startswith("/"):
            yield invalid(f"{path}.service.path", service["path"], "must start with a '/'")
    else:
        yield from _address(str(url), f"{path}.url")


def _port(port: int | None) -> list[str]:
    why = "port is not valid: must be between 1 and 65535, inclusive"
    return [why] if port is not None and not 1 <= port < 1 << 16 else []


def _address(url: str, path: str) -> Errors:
    scheme, separator, rest = url.partition("://")
    host = rest.partition("/")[0] if separator else ""
    if not separator or scheme != "https":
        yield invalid(path, scheme if separator else "", f"'https' is the only allowed URL scheme; {_URL}")
    if not host:
        yield invalid(path, "", f"host must be specified; {_URL}")
    for part, called in (("@", "user information is not permitted in the URL"), ("#", "fragments are not permitted")):
        if part in rest:
            yield invalid(path, rest.partition(part)[2], called)
    if "?" in rest:
        yield invalid(path, rest.partition("?")[2], "query parameters are not permitted in the URL")


def _conditions(conditions: Sequence[Mapping[str, Any]], path: str) -> Errors:
    seen: set[str] = set()
    for at, condition in enumerate(conditions):
        name, expression = str(condition.get("name") or ""), str(condition.get("expression") or "").strip()
        if not expression:
            yield required(f"{path}[{at}].expression")
        elif is_installed():
            try:
                compiled(expression)
            except ExpressionError as error:
                yield invalid(f"{path}[{at}].expression", condition["expression"], str(error))
        if not name:
            yield required(f"{path}[{at}].name")
        else:
            yield from invalid_each(f"{path}[{at}].name", name, names.qualified_name(name))
        if name and name in seen:
            yield duplicate(f"{path}[{at}].name", name)
        seen.add(name)
