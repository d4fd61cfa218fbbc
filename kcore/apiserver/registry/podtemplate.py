"""PodTemplate: a template that is kept for somebody who makes pods from it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/podtemplate/strategy.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.defaulting.podspec import default_pod_template
from kcore.apiserver.defaulting.wire import part
from kcore.apiserver.field import Errors, gathered
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation.meta import object_meta
from kcore.apiserver.validation.names import dns1123_subdomain
from kcore.apiserver.validation.podspec import pod_template


def default(wire: Wire) -> None:
    """Fill in the defaults of the template."""
    default_pod_template(part(wire, "template"))


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of the metadata and the template."""
    yield from object_meta(wire.get("metadata") or {}, dns1123_subdomain)
    yield from pod_template(wire.get("template") or {}, "template")


STRATEGY = Strategy(kind="PodTemplate", default=default, validate=validate, spec_fields=("template",))
