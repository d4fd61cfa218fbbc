"""Conditions in CEL: a word of one's own about the cluster, such as `size(endpoints('db')) >= 1`.

| function | what it returns |
|---|---|
| `endpoints(service)` | the names of the pods that answer for a Service: offered, running and ready |
| `pods(selector)` | the pods whose labels match, as the API has them; "" for all |
| `objects(kind)` | the objects of a kind, as the API has them |
| `running(pod)` | the machines on which a pod of this name really runs, whatever the API says |
| `reached(selector, host, port)` | the pods that answer those of a selector; none if one of these gets no answer |

A name is of the namespace `default`, or written `namespace/name`. Needs the extra `cel`.

Upstream: https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcore.api.convert import to_wire
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import parse
from kcore.apiserver.expressions import ExpressionError, compiled, evaluate
from kcore.cluster.network import network_of
from kcore.cluster.state import ClusterState
from kcore.errors import InputError, MisuseError
from kcore.machine import Culprits, Finding
from kcore.network.path import Client, path
from kcore.verify.conditions import answering

NAMESPACE = "default"


def condition(text: str) -> Callable[[ClusterState], Finding]:
    """Return the predicate that an expression states; InputError when it can't be read, or its extra is missing."""
    try:
        compiled(text)
    except MisuseError as error:
        raise InputError(f"{text!r}: CEL is not installed", expected="the extra `cel`", hint=str(error)) from None
    except ExpressionError as error:
        raise InputError(f"{text!r} is no CEL: {error}") from None

    def holds(state: ClusterState) -> Finding:
        try:
            answer = evaluate(text, {}, _functions(state))
        except ExpressionError as error:
            raise InputError(f"{text!r}: {_first(error)}", expected=f"functions {', '.join(_NAMES)}") from None
        if not isinstance(answer, bool):
            raise InputError(f"{text!r} is {answer!r}", expected="true or false")
        return answer or Culprits(f"{text} is false")

    return holds


def _first(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _key(kind: str, name: str) -> ObjectKey:
    namespace, _, plain = name.rpartition("/")
    return ObjectKey(kind, namespace or NAMESPACE, plain)


_NAMES = ("endpoints", "pods", "objects", "running", "reached")


def _functions(state: ClusterState) -> dict[str, Callable[..., Any]]:
    """Return the functions of an expression over one state."""

    def endpoints(service: str) -> list[str]:
        return [pod.name for pod in answering(state, _key("Service", service))]

    def pods(selector: str) -> list[Any]:
        return [to_wire(one) for one in state.store.select("Pod", NAMESPACE, parse(selector))]

    def objects(kind: str) -> list[Any]:
        return [to_wire(one) for one in state.store.list(kind)]

    def running(pod: str) -> list[str]:
        wanted = _key("Pod", pod)
        return sorted(one.id.node for one in state.world.sandboxes.values() if one.pod == wanted and one.running)

    def reached(selector: str, host: str, port: int) -> list[str]:
        return sorted(_reached(state, selector, host, port))

    return dict(zip(_NAMES, (endpoints, pods, objects, running, reached), strict=True))


def _reached(state: ClusterState, selector: str, host: str, port: int) -> set[str]:
    """Return the pods that answer those of a selector that run; none if one of these gets no answer."""
    network = network_of(state)
    found: set[str] = set()
    for pod in state.store.select("Pod", NAMESPACE, parse(selector)):
        node = pod.spec.node_name if isinstance(pod, Pod) else ""
        if not isinstance(pod, Pod) or not network.is_on(node) or network.of_pod(node, key_of(pod)) is None:
            continue
        answered = path(network, Client.of(pod), host, port).answered
        if not answered:
            return set()
        behind = (network.with_address(one.backend.address) for one in answered)
        found |= {sandbox.pod.name for sandbox in behind if sandbox is not None}
    return found
