"""The findings about an input as a whole: one function each, and the table of them.

Models what a person would like to be told before anything runs: selectors that select nothing, names of things that the
input does not have, objects given twice, kinds without rules. What the API server would refuse is not repeated here,
but for selectors that do not match their own template, whose refusal is easy to overlook among others.

Does not model what a cluster may hold beside the input: a finding says "the input".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kcore.api.fields.check import Path
from kcore.api.json import Wire
from kcore.api.selectors.label import Selector, from_label_selector
from kcore.api.selectors.requirement import SelectorError
from kcore.manifests.documents import Document, title
from kcore.manifests.finding import Finding, Input, key
from kcore.manifests.pods import POD_KINDS, dig, pods_of, references

_GIVEN_BY_CONTROLLERS = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "batch.kubernetes.io/job-name",
        "controller-revision-hash",
        "controller-uid",
        "job-name",
        "pod-template-generation",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)

_THERE_ANYWAY = frozenset(
    {
        ("ConfigMap", "kube-root-ca.crt"),
        ("PriorityClass", "system-cluster-critical"),
        ("PriorityClass", "system-node-critical"),
        ("ServiceAccount", "default"),
    }
)

_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})


def kinds_without_rules(whole: Input) -> Iterator[Finding]:
    """Tell of each kind that is stored and served without anything acting on it."""
    of_kind: dict[tuple[str, str], list[Document]] = {}
    for document in whole.documents:
        of_kind.setdefault((document.api_version, document.kind), []).append(document)
    for (version, kind), documents in of_kind.items():
        if whole.modelled is not None and (version, kind) not in whole.modelled:
            objects = "1 object" if len(documents) == 1 else f"{len(documents)} objects"
            yield _note(documents[0], (), f"{kind} ({version}): {objects} stored and served, otherwise left alone")


def given_twice(whole: Input) -> Iterator[Finding]:
    """Tell of an object that is given again: applied in turn, the last one stays."""
    seen: dict[tuple[str, ...], Document] = {}
    for document in whole.documents:
        same = (document.api_version.rpartition("/")[0], *key(document))
        first = seen.setdefault(same, document)
        if first is not document and document.metadata.get("name"):
            before = f", first in {first.source.file}:{first.source.line}" if first.source.line else ""
            yield _warning(document, ("metadata", "name"), f"{title(document.wire)} is given twice{before}")


def selectors_that_miss_their_template(whole: Input) -> Iterator[Finding]:
    """Tell of a workload whose selector does not match its own pods: the API server refuses it."""
    workloads = whole.of("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job")
    for pod in pods_of(workloads):
        document = pod.document
        selector = _selector(document)
        if selector is not None and not selector.matches(pod.labels):
            labels = ",".join(f"{name}={value}" for name, value in sorted(pod.labels.items())) or "no labels"
            sentence = f"{title(document.wire)} selects {selector}, but its pods have {labels}"
            yield _warning(document, ("spec", "selector"), sentence)


def selectors_that_select_nothing(whole: Input) -> Iterator[Finding]:
    """Tell of a Service or PodDisruptionBudget that no pod of the input belongs to."""
    pods = [(pod.document.namespace, pod.labels) for pod in pods_of(whole.of(*POD_KINDS))]
    for document in whole.of("Service", "PodDisruptionBudget"):
        selector = _selector(document)
        if selector is None or dig(document.wire, "spec", "type") == "ExternalName":
            continue
        if not any(space == document.namespace and _may_match(selector, labels) for space, labels in pods):
            sentence = (
                f"{title(document.wire)} selects {selector.canonical or 'all pods'}, and the input has no such pod"
            )
            yield _warning(document, ("spec", "selector"), sentence)


def names_of_absent_objects(whole: Input) -> Iterator[Finding]:
    """Tell of ConfigMaps, Secrets, claims, service accounts and priority classes that pods need and nobody gives."""
    for pod in pods_of(whole.of(*POD_KINDS)):
        for one in references(pod):
            space = "" if one.kind == "PriorityClass" else pod.document.namespace
            if not one.optional and (one.kind, one.name) not in _THERE_ANYWAY:
                yield from _absent(whole, pod.document, one.path, (one.kind, space, one.name))


def keys_of_absent_entries(whole: Input) -> Iterator[Finding]:
    """Tell of a key that a pod takes from a ConfigMap or Secret that does not have it."""
    for pod in pods_of(whole.of(*POD_KINDS)):
        for one in references(pod):
            found = whole.named.get((one.kind, pod.document.namespace, one.name))
            entries = _entries(found.wire) if found and not one.optional else one.keys
            for name in one.keys:
                if name not in entries:
                    sentence = (
                        f"{title(pod.document.wire)} takes {name} from {one.kind}/{one.name}, which has no such key"
                    )
                    yield _warning(pod.document, one.path[:-1], sentence)


def stateful_sets_without_service(whole: Input) -> Iterator[Finding]:
    """Tell of a StatefulSet whose governing Service is absent: its pods get no names in DNS."""
    for document in whole.of("StatefulSet"):
        name = dig(document.wire, "spec", "serviceName")
        if name:
            yield from _absent(whole, document, ("spec", "serviceName"), ("Service", document.namespace, name))


def targets_that_are_absent(whole: Input) -> Iterator[Finding]:
    """Tell of an autoscaler that scales, or an Ingress that routes to, what is not there."""
    for document in whole.of("HorizontalPodAutoscaler"):
        target = dig(document.wire, "spec", "scaleTargetRef") or {}
        at, kind = ("spec", "scaleTargetRef"), target.get("kind")
        if kind in POD_KINDS and target.get("name"):
            yield from _absent(whole, document, at, (kind, document.namespace, target["name"]))
    for document in whole.of("Ingress"):
        for path, name in _backends(dig(document.wire, "spec") or {}):
            yield from _absent(whole, document, path, ("Service", document.namespace, name))


def namespaces_that_are_absent(whole: Input) -> Iterator[Finding]:
    """Tell, once for each, of a namespace that objects name and the input does not have."""
    told = set(_NAMESPACES)
    for document in whole.documents:
        name = key(document)[1]
        if name and name not in told and ("Namespace", "", name) not in whole.named:
            told.add(name)
            yield _warning(document, ("metadata", "namespace"), f"the input has no Namespace/{name}")


def _selector(document: Document) -> Selector | None:
    """Return the pods that an object selects; None when it selects none by design, or when it can't be read."""
    selector = dig(document.wire, "spec", "selector")
    if document.kind in ("Service", "ReplicationController"):
        selector = {"matchLabels": selector} if selector else None
    try:
        return from_label_selector(selector) if selector is not None else None
    except SelectorError:
        return None


def _may_match(selector: Selector, labels: dict[str, str]) -> bool:
    """Tell whether pods with `labels`, and those that controllers add, may match."""
    return all(one.key in _GIVEN_BY_CONTROLLERS or one.matches(labels) for one in selector.requirements)


def _absent(whole: Input, document: Document, path: Path, wanted: tuple[str, str, str]) -> Iterator[Finding]:
    if wanted not in whole.named:
        sentence = f"{title(document.wire)} names {wanted[0]}/{wanted[2]}, which the input does not have"
        yield _warning(document, path, sentence)


def _entries(wire: Wire) -> set[str]:
    return {name for field in ("data", "binaryData", "stringData") for name in wire.get(field) or ()}


def _backends(spec: Wire) -> Iterator[tuple[Path, str]]:
    """Yield the Services that an Ingress routes to, with the paths of their names."""
    backends: list[tuple[Path, Any]] = [(("spec", "defaultBackend"), spec.get("defaultBackend"))]
    for index, rule in enumerate(spec.get("rules") or ()):
        for number, route in enumerate(dig(rule, "http", "paths") or ()):
            backends.append((("spec", "rules", index, "http", "paths", number, "backend"), dig(route, "backend")))
    for path, backend in backends:
        name = dig(backend, "service", "name")
        if name:
            yield (*path, "service", "name"), name


def _warning(document: Document, path: Path, sentence: str) -> Finding:
    return Finding(place=document.place(path), severity="warning", sentence=sentence)


def _note(document: Document, path: Path, sentence: str) -> Finding:
    return Finding(place=document.place(path), severity="note", sentence=sentence)


FINDINGS: tuple[Callable[[Input], Iterator[Finding]], ...] = (
    given_twice,
    namespaces_that_are_absent,
    selectors_that_miss_their_template,
    selectors_that_select_nothing,
    names_of_absent_objects,
    keys_of_absent_entries,
    stateful_sets_without_service,
    targets_that_are_absent,
    kinds_without_rules,
)
"""Every finding about an input as a whole, in the order in which they are told."""
