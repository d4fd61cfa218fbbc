"""Why a rule does not apply: the value a guard returns instead of a bare False.

Models the machine's "no": the event was understood, nothing changed, and the reason is known.

Does not model an API error (a `Status`, which is an answer) nor misuse (an exception).
"""

from __future__ import annotations

import attrs


@attrs.frozen(init=False)
class Refusal:
    """`Refusal("scheduler.bind_pod", "node is full", node="n1")`: the rule, a reason in words, the details by name."""

    rule: str
    reason: str
    detail: tuple[tuple[str, object], ...]

    def __init__(self, rule: str, reason: str, /, **detail: object) -> None:
        """Keep the details in the order they were written."""
        self.__attrs_init__(rule, reason, tuple(detail.items()))

    def __str__(self) -> str:
        """Return `rule: reason (name=value, ...)`."""
        detail = ", ".join(f"{name}={value}" for name, value in self.detail)
        return f"{self.rule}: {self.reason} ({detail})" if detail else f"{self.rule}: {self.reason}"
