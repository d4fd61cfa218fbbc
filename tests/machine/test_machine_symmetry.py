"""Symmetry: the states that are left are the orbits, exactly, and every verdict is what it was."""

from __future__ import annotations

from itertools import combinations, permutations, product

import attrs
import pytest
from machine_models import berths, two_phase_commit
from machine_models.berths import Ship, harbour, harbour_as_forest, harbour_sorted, ships
from machine_models.two_phase_commit import Phase, manager, properties

from kcore.machine import (
    Alike,
    CellError,
    CellSystem,
    Family,
    Forest,
    Layout,
    Outcome,
    Rule,
    Start,
    Step,
    Table,
    always,
    check_equivariance,
    eventually,
    explore,
    never,
    renaming,
    some_states,
    sometimes,
)


def cases(one: str, many: int, other: str = "none", others: int = 0) -> list[dict]:
    """All renamings of some members of one kind and, beside them, of another."""
    return [
        {(one, i): (one, j) for i, j in enumerate(mine)} | {(other, i): (other, j) for i, j in enumerate(theirs)}
        for mine, theirs in product(permutations(range(many)), permutations(range(others)))
    ]


def swaps(kind: str, count: int) -> list[dict]:
    """All transpositions of members of a kind."""
    return [{(kind, i): (kind, j), (kind, j): (kind, i)} for i, j in combinations(range(count), 2)]


def orbits(system: CellSystem, renamings: list[dict], rename=lambda value, names: value) -> int:
    """Count the orbits of the reachable states by brute force: by the least of all renamings of each."""
    every = [renaming(system.layout, names, rename) for names in renamings]
    return len({min(permute(packed) for permute in every) for packed in some_states(system, 100_000)})


@pytest.mark.parametrize(
    ("managers", "expected"),
    [
        pytest.param(1, 12, id="one resource manager has nobody to change places with"),
        pytest.param(3, 80, id="80 orbits of 288 states with three resource managers"),
        pytest.param(4, 166, id="166 orbits of 1,568 states with four resource managers"),
    ],
)
def test_alike_managers_leave_exactly_the_orbits(managers, expected):
    """Two-phase commit with alike resource managers counts its orbits, and its verdicts are the same."""
    reduced = explore(two_phase_commit.two_phase_commit(managers, symmetric=True), properties(managers))
    full = explore(two_phase_commit.two_phase_commit(managers), properties(managers))

    assert orbits(two_phase_commit.two_phase_commit(managers), cases("manager", managers)) == expected
    assert reduced.coverage.states == expected
    assert reduced.coverage.reductions == ("alike resource managers",)
    assert [(v.outcome, v.why) for v in reduced.verdicts] == [(v.outcome, v.why) for v in full.verdicts]
    assert [v.trace and len(v.trace) for v in reduced.verdicts] == [v.trace and len(v.trace) for v in full.verdicts]


@pytest.mark.parametrize(
    ("managers", "expected"),
    [
        pytest.param(5, 314, id="314 orbits of 8,832 states with five resource managers"),
        pytest.param(6, 553, id="553 orbits of 50,816 states with six resource managers"),
    ],
)
def test_orbits_are_multisets_of_managers(managers, expected):
    """The orbits are the states with the managers' cells sorted, which is how many fingerprints are left."""
    system = two_phase_commit.two_phase_commit(managers)
    slots = [system.layout.slot(manager(number)) for number in range(managers)]
    rest = sorted(set(range(len(system.layout.names))) - set(slots))
    seen = {
        (*(packed[slot] for slot in rest), *sorted(packed[slot] for slot in slots))
        for packed in some_states(system, 100_000)
    }

    assert len(seen) == expected
    assert explore(two_phase_commit.two_phase_commit(managers, symmetric=True)).coverage.states == expected


@pytest.mark.parametrize(
    ("count", "places"),
    [
        pytest.param(3, 2, id="three ships and two berths"),
        pytest.param(2, 3, id="two ships and three berths"),
        pytest.param(4, 3, id="four ships and three berths"),
    ],
)
def test_references_that_form_a_tree_leave_exactly_the_orbits(count, places):
    """Ships that name berths: the forest's states are the orbits of both kinds of renaming."""
    expected = orbits(harbour(ships=count, berths=places), cases("ship", count, "berth", places), berths.rename)
    coverage = explore(harbour_as_forest(ships=count, berths=places)).coverage

    assert coverage.states == expected
    assert coverage.reductions == ("alike ships and berths",)
    assert expected < explore(harbour(ships=count, berths=places)).coverage.states


@pytest.mark.parametrize("tows", [False, True], ids=["without references among ships", "with ships that tow ships"])
def test_sorting_is_sound_and_leaves_no_less_than_the_orbits(tows):
    """Sorted states are at least as many as orbits, and fewer than states: ties may keep some apart."""
    params = {"ships": 3, "berths": 2, "tows": tows}
    expected = orbits(harbour(**params), cases("ship", 3, "berth", 2), berths.rename)
    found = explore(harbour_sorted(**params)).coverage.states

    assert expected <= found < explore(harbour(**params)).coverage.states


def test_reduced_searches_give_the_verdicts_of_full_ones():
    """Properties that treat members alike are decided alike, in as many steps."""

    def closed(state) -> int:
        return sum(state[berths.berth(number)] == "closed" for number in range(3))

    asked = [
        sometimes("all are closed", lambda state: closed(state) == 3),
        never(
            "a berth is full and two are closed",
            lambda s: closed(s) == 2 and all(b.berth is not None for b in ships(s)),
        ),
        always("nobody is moored where all is closed", lambda s: closed(s) < 3 or all(b == Ship() for b in ships(s))),
    ]
    searches = [make(ships=2, berths=3) for make in (harbour, harbour_as_forest, harbour_sorted)]
    found = [[(v.outcome, v.trace and len(v.trace)) for v in explore(each, asked).verdicts] for each in searches]

    assert found[0] == [(Outcome.HOLDS, 3), (Outcome.VIOLATED, 4), (Outcome.HOLDS, None)]
    assert found[1] == found[2] == found[0]


def test_liveness_is_judged_without_symmetry():
    """Fairness speaks of single events: a liveness verdict carries no reduction, and a safety verdict does."""
    asked = [eventually("decided", lambda state: state["coordinator"] is not Phase.WORKING), *properties(3)]
    findings = explore(two_phase_commit.two_phase_commit(3, symmetric=True), asked)

    assert findings["decided"].outcome is Outcome.HOLDS
    assert findings["decided"].coverage.reductions == ()
    assert findings["decided"].coverage.states == 288
    assert findings["all commit"].coverage.states == 80


def test_liveness_of_a_quotient_is_judged_without_it():
    """A quotient gives its system back."""
    never_ends = eventually(
        "all are closed", lambda state: state[berths.berth(0)] == state[berths.berth(1)] == "closed"
    )
    verdict = explore(harbour_as_forest(ships=1, berths=2), [never_ends]).verdicts[0]

    assert (verdict.outcome, verdict.coverage.reductions) == (Outcome.VIOLATED, ())
    assert verdict.trace.loop is not None


def test_models_with_alike_members_are_equivariant():
    """On all states of small instances, every transposition is respected by rules and properties."""
    commit = two_phase_commit.two_phase_commit(3)
    swapped = [renaming(commit.layout, names) for names in swaps("manager", 3)]
    water = harbour(ships=3, berths=2, tows=True)
    renamed = [renaming(water.layout, names, berths.rename) for names in swaps("ship", 3) + swaps("berth", 2)]

    assert check_equivariance(commit, some_states(commit, 288), swapped, properties(3)) == ()
    assert check_equivariance(water, some_states(water, 300), renamed) == ()


@attrs.frozen
class First:
    """Only the first manager may do this."""


def test_a_rule_that_prefers_a_member_is_found():
    """A rule that looks at one member by name breaks the condition, and its event is named."""
    odd = Rule(
        name="manager.first",
        event=First,
        guard=lambda state, event: None,
        effect=lambda state, event: Step(state.set(manager(0), two_phase_commit.Manager(Phase.ABORTED))),
        choices=lambda state: [First()],
    )
    table = Table([*two_phase_commit.RULES.rules, odd])
    system = CellSystem(table, {Start("odd"): two_phase_commit.start(2)})
    found = check_equivariance(system, some_states(system, 50), [renaming(system.layout, swaps("manager", 2)[0])])

    assert found
    assert "First()" in found[0].what


def test_a_property_that_prefers_a_member_is_found():
    """A property that names one member breaks the condition, and is named."""
    system = two_phase_commit.two_phase_commit(2)
    asked = never("the first one commits", lambda state: state[manager(0)].phase is Phase.COMMITTED)
    found = check_equivariance(
        system, some_states(system, 100), [renaming(system.layout, swaps("manager", 2)[0])], [asked]
    )

    assert {each.what for each in found} == {"the first one commits"}


@pytest.mark.parametrize(
    "declare",
    [
        pytest.param(lambda: two_alike("a", "a"), id="twice in one class"),
        pytest.param(lambda: Forest(Layout(), [Family("x", (("a", "b"), ("c", "b")))]), id="twice in a family"),
    ],
)
def test_a_cell_is_a_member_once(declare):
    """A cell that is a member twice is refused."""
    with pytest.raises(CellError, match="twice"):
        declare()


def two_alike(*members: str) -> CellSystem:
    return CellSystem(Table([]), {Start("s"): two_phase_commit.start(1)}, alike=[Alike("cells", members)])


def test_a_forest_grows_towards_its_roots():
    """A reference to a family that was listed before is refused, with its name."""
    system = harbour(ships=2, berths=2)
    families = berths.families(ships=2, berths=2)[::-1]
    packed = some_states(system, 10)

    with pytest.raises(CellError, match=r"ships point to \('berth', 0\)"):
        list(map(Forest(system.layout, families), packed))


def test_members_of_several_cells_are_one():
    """Two members change places with all their cells, and not with one of them alone."""
    layout = Layout()
    forest = Forest(layout, [Family("pairs", (("a", "b"), ("c", "d")))])
    one, two, crossed = (layout.interner.id_of(value) for value in ("one", "two", "crossed"))

    def state(a: int, b: int, c: int, d: int) -> int:
        slots = {layout.slot(name): value for name, value in zip("abcd", (a, b, c, d), strict=True)}
        return forest(tuple(slots[slot] for slot in range(4)))

    assert state(one, two, two, crossed) == state(two, crossed, one, two)
    assert state(one, two, two, crossed) != state(one, crossed, two, two)
    assert state(one, two, 0, 0) == state(0, 0, one, two)
