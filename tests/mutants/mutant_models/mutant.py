"""A mutant: functions of the model replaced by wrong ones, for as long as a test wants them."""

from __future__ import annotations

import contextlib
import sys

import attrs
import pytest

from kcore.api.memo import Memo, Noted
from kcore.reconcile.derived import Derived


@attrs.frozen
class Mutant:
    """A wrong rule: `name` says what is wrong, `law` names what catches it, `small` the cluster that shows it.

    Each of `parts` is a module, the name of a function in it, and what makes a wrong one of the right one.
    """

    name: str
    law: str
    small: str
    parts: tuple

    @contextlib.contextmanager
    def at_work(self):
        """Let the wrong functions stand in for the right ones."""
        forget()
        with pytest.MonkeyPatch.context() as patch:
            for module, name, wrong in self.parts:
                patch.setattr(module, name, wrong(getattr(module, name)))
            yield
        forget()


def mutant(name, law, small, *parts):
    """Return a mutant whose one part, or each of whose parts, is (module, name, wrong)."""
    parts = (parts,) if not isinstance(parts[0], tuple) else parts
    return Mutant(name, law, small, parts)


def instead(wrong):
    """The replacement of any function by `wrong`."""
    return lambda right: wrong


def always(value):
    """The replacement of any function by one that returns `value`."""
    return lambda right: lambda *_, **__: value


def after(change):
    """The replacement by a function that returns something else than the right one: `change` of that."""
    return lambda right: lambda *given, **more: change(right(*given, **more))


def forget():
    """Forget what pure functions have remembered: a wrong one would not be asked, or would be believed afterwards."""
    for module_name in sorted(sys.modules):
        if module_name.startswith("kcore."):
            for value in list(vars(sys.modules[module_name]).values()):
                _forget(value)


def _forget(value):
    if isinstance(value, Memo | Noted):
        value._known.clear()
    elif isinstance(value, Derived):
        value._recent.clear()
    elif hasattr(value, "cache_clear") and hasattr(value, "cache_info"):
        value.cache_clear()
