"""What the machine raises when it is misused; an event that does not apply is a `Refusal` value instead.

Each error names the offending rule, property, cell or value in one line.
"""

from __future__ import annotations

from kcore.errors import MisuseError


class RuleError(MisuseError):
    """A rule or a table that can't be meant: a duplicate name, an event without a rule, a guard that returns a bool."""


class PropertyError(MisuseError):
    """A property that can't be meant: a duplicate name, a predicate that answers neither bool nor Culprits."""


class DigestError(MisuseError):
    """A value that has no canonical encoding, such as a list, a dict or a float."""


class CellError(MisuseError):
    """A cell that is not there, or a declaration over cells that contradicts itself."""


class ImpureError(MisuseError):
    """A rule or predicate whose answer was not determined by what it read, or that its site failed to offer."""


class TraceError(MisuseError):
    """A trace that names an unknown start, or a search that was given none."""
