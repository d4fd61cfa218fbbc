"""What the checks of the Pod Security Standards look at: the settings of a pod and of each of its containers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

from kcore.api.json import Wire

FIELDS = ("initContainers", "containers", "ephemeralContainers")


class Breach(NamedTuple):
    """Why a pod is not of a level: a reason, and who asks for what."""

    reason: str
    detail: str

    def __str__(self) -> str:
        """Return "privileged (container …)"."""
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


Check: TypeAlias = Callable[[Wire], Breach | None]
"""Look at a pod, and return why it is not of the level."""


def settings(thing: Wire) -> Wire:
    """Return the security settings of a pod's spec or of a container."""
    found: Wire = thing.get("securityContext") or {}
    return found


def containers(pod: Wire) -> list[Wire]:
    """Return all containers of a pod, those that initialize it first."""
    spec = pod.get("spec") or {}
    return [container for field in FIELDS for container in spec.get(field) or ()]


def those(names: Iterable[str]) -> str:
    """Return 'container "a"', or 'containers "a", "b"'."""
    found = list(names)
    return f"{plural('container', found)} {quoted(found)}"


def plural(word: str, things: Any) -> str:
    """Return the word for as many as there are things."""
    return word if len(things) == 1 else f"{word}s"


def quoted(names: Iterable[str]) -> str:
    """Return the names in quotes."""
    return ", ".join(f'"{name}"' for name in names)


def where(pod: Wire, is_bad: Callable[[Wire], bool]) -> list[str]:
    """Return the names of the containers that are bad."""
    return [container.get("name", "") for container in containers(pod) if is_bad(container)]


def setters(pod: Wire, is_bad: Callable[[Wire], bool]) -> str:
    """Return who has bad settings: 'pod and container "a"', "" if nobody."""
    said = ["pod"] if is_bad(settings(pod.get("spec") or {})) else []
    bad = where(pod, lambda container: is_bad(settings(container)))
    return " and ".join([*said, *([those(bad)] if bad else [])])
