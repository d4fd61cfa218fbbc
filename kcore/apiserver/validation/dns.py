"""DNS settings and host aliases of a pod.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kcore.apiserver.field import Errors, invalid, invalid_each, required
from kcore.apiserver.validation import names
from kcore.apiserver.validation.network import ip

POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_NAMESERVERS_MAX = 3
_SEARCHES_MAX = 32
_SEARCH_BYTES_MAX = 2048


def dns_config(config: Mapping[str, Any] | None, policy: str, path: str) -> Errors:
    """Yield the errors of `dnsConfig`, which the policy None asks for."""
    if policy == "None" and config is None:
        yield required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
        return
    servers, searches = ((config or {}).get(field) or () for field in ("nameservers", "searches"))
    if policy == "None" and not servers:
        detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
        yield required(f"{path}.nameservers", detail)
        return
    if len(servers) > _NAMESERVERS_MAX:
        yield invalid(f"{path}.nameservers", servers, f"must not have more than {_NAMESERVERS_MAX} nameservers")
    for i, server in enumerate(servers):
        yield from ip(server, f"{path}.nameservers[{i}]")
    yield from _searches(searches, f"{path}.searches")
    for i, option in enumerate((config or {}).get("options") or ()):
        if not option.get("name"):
            yield required(f"{path}.options[{i}]", "must not be empty")


def _searches(searches: Sequence[str], path: str) -> Errors:
    if len(searches) > _SEARCHES_MAX:
        yield invalid(path, searches, f"must not have more than {_SEARCHES_MAX} search paths")
    if names.length(" ".join(searches)) > _SEARCH_BYTES_MAX:
        detail = f"must not have more than {_SEARCH_BYTES_MAX} characters (including spaces) in the search list"
        yield invalid(path, searches, detail)
    for i, search in enumerate(searches):
        if search != ".":
            domain = search.removesuffix(".")
            yield from invalid_each(f"{path}[{i}]", domain, names.dns1123_subdomain_with_underscore(domain))


def host_aliases(aliases: Sequence[Mapping[str, Any]], path: str) -> Errors:
    """Yield the errors of `hostAliases`."""
    for i, alias in enumerate(aliases):
        yield from ip(alias.get("ip", ""), f"{path}[{i}].ip")
        for j, hostname in enumerate(alias.get("hostnames") or ()):
            yield from invalid_each(f"{path}[{i}].hostnames[{j}]", hostname, names.dns1123_subdomain(hostname))
