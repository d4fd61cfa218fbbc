"""Taints and tolerations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.core.taint import Taint, Toleration
from kcore.placement.taints import PREFER_NO_SCHEDULE, intolerable, tolerates, untolerated

SPOT = Taint(key="spot", value="x", effect="NoSchedule")


@pytest.mark.parametrize(
    ("toleration", "bears"),
    [
        pytest.param(Toleration(operator="Exists"), True, id="no key and Exists bears everything"),
        pytest.param(Toleration(key="spot", operator="Exists"), True, id="Exists asks for no value"),
        pytest.param(Toleration(key="spot", operator="Equal", value="x"), True, id="Equal wants the value"),
        pytest.param(Toleration(key="spot", value="x"), True, id="Equal is the default"),
        pytest.param(Toleration(key="spot", operator="Equal", value="y"), False, id="another value does not do"),
        pytest.param(Toleration(key="spot"), False, id="no value is the empty value"),
        pytest.param(Toleration(key="other", operator="Exists"), False, id="another key does not do"),
        pytest.param(Toleration(operator="Exists", effect="NoSchedule"), True, id="the effect it names"),
        pytest.param(Toleration(operator="Exists", effect="NoExecute"), False, id="not the effect it names"),
        pytest.param(Toleration(key="spot", operator="Gt", value="0"), False, id="Gt is behind a gate"),
    ],
)
def test_a_toleration_bears_what_it_names(toleration, bears):
    """Key, operator, value and effect all have to match."""
    assert tolerates(toleration, SPOT) is bears


def test_the_first_taint_that_nothing_bears_is_told():
    """A taint of a softer effect keeps nobody off."""
    soft = Taint(key="soft", effect=PREFER_NO_SCHEDULE)
    hard = Taint(key="hard", effect="NoExecute")

    assert untolerated((soft, SPOT, hard), ()) == SPOT
    assert untolerated((soft, SPOT, hard), (Toleration(key="spot", operator="Exists"),)) == hard
    assert untolerated((soft,), ()) is None


TAINTS = st.builds(
    Taint,
    key=st.sampled_from("ab"),
    value=st.sampled_from(["", "x"]),
    effect=st.sampled_from(["NoSchedule", "NoExecute", "PreferNoSchedule"]),
)
TOLERATIONS = st.builds(
    Toleration,
    key=st.sampled_from(["", "a", "b"]),
    operator=st.sampled_from(["", "Equal", "Exists"]),
    value=st.sampled_from(["", "x"]),
    effect=st.sampled_from(["", "NoSchedule", "NoExecute"]),
)


@given(st.lists(TAINTS, min_size=1), st.lists(TOLERATIONS), TOLERATIONS)
def test_one_more_toleration_never_keeps_a_pod_off(taints, tolerations, one_more):
    """What nothing bears with one more toleration, nothing bore without it."""
    left = untolerated(taints, (*tolerations, one_more))

    assert left is None or untolerated([left], tuple(tolerations)) == left


def test_warnings_that_nothing_bears_are_counted():
    """Only PreferNoSchedule counts, and only what tolerates that effect or any."""
    taints = [Taint(key=key, effect="PreferNoSchedule") for key in "abc"] + [Taint(key="d", effect="NoSchedule")]
    bears = (
        Toleration(key="a", operator="Exists"),
        Toleration(key="b", operator="Exists", effect="NoSchedule"),
    )

    assert intolerable(taints, bears) == 2
