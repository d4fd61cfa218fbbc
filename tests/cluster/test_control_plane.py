"""The control plane: who serves, who leads, when there is a quorum."""

from __future__ import annotations

import attrs
import pytest

from kcore.cluster.control_plane import ApiServer, control_plane
from kcore.errors import MisuseError


@pytest.mark.parametrize(
    ("members", "down", "quorum"),
    [
        pytest.param(1, 0, True, id="one of one"),
        pytest.param(1, 1, False, id="none of one"),
        pytest.param(3, 1, True, id="two of three"),
        pytest.param(3, 2, False, id="one of three"),
        pytest.param(4, 2, False, id="half is no majority"),
        pytest.param(5, 2, True, id="three of five"),
    ],
)
def test_a_quorum_is_a_majority_of_the_members(members, down, quorum):
    """More than half of the etcd members have to be up."""
    plane = control_plane(members, ())
    for number in range(down):
        plane = attrs.evolve(plane, members=plane.members.set(f"m{number + 1}", False))

    assert plane.quorum is quorum


def test_a_server_that_is_down_is_stood_in_for():
    """The preferred server answers while it is up, then the first other one that is."""
    plane = control_plane(3, ())
    one_down = attrs.evolve(plane, servers=plane.servers.set("m2", ApiServer(up=False)))

    assert plane.serving("m2") == "m2"
    assert one_down.serving("m2") == "m1"


def test_no_server_answers_when_all_are_down():
    """None stands for nobody."""
    plane = control_plane(1, ())

    assert attrs.evolve(plane, servers=plane.servers.set("m1", ApiServer(up=False))).serving() is None


def test_the_first_master_leads_at_first():
    """Every family of controllers has exactly one leader."""
    plane = control_plane(2, ("scheduler", "garbagecollector"))

    assert dict(plane.leaders) == {"scheduler": "m1", "garbagecollector": "m1"}


def test_a_control_plane_has_a_master():
    """None at all can't be meant."""
    with pytest.raises(MisuseError, match="not 0"):
        control_plane(0, ())
