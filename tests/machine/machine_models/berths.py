"""Ships and berths: ships arrive, moor at a berth with room, tow one another and leave; berths close when empty.

Ships are alike and berths are alike, and a ship names its berth: references that form a tree. A ship in tow names
another ship, which they do not form any more.

Does not model tides.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from kcore.machine import (
    Canonical,
    Cells,
    CellState,
    CellSystem,
    Family,
    Forest,
    Layout,
    Name,
    Quotient,
    Refusal,
    Rule,
    Start,
    Step,
    Table,
)


@attrs.frozen
class Ship:
    """A ship: the berth where it is moored, the ship that tows it."""

    berth: int | None = None
    tug: int | None = None


@attrs.frozen
class Moor:
    """A ship moors at a berth."""

    ship: int
    berth: int


@attrs.frozen
class Leave:
    """A ship leaves its berth."""

    ship: int


@attrs.frozen
class Close:
    """A berth closes for good."""

    berth: int


@attrs.frozen
class Tow:
    """A ship takes another in tow, for good."""

    tug: int
    ship: int


def ship(number: int) -> Name:
    """The name of a ship's cell."""
    return ("ship", number)


def berth(number: int) -> Name:
    """The name of a berth's cell."""
    return ("berth", number)


def ships(state: CellState) -> list[Ship]:
    """All ships."""
    return [state[ship(number)] for number in range(state["ships"])]


def may_moor(state: CellState, event: Moor) -> Refusal | None:
    """Only from the sea, at an open berth with room."""
    if state[ship(event.ship)].berth is not None:
        return Refusal("ship.moor", "it is moored")
    if state[berth(event.berth)] == "closed":
        return Refusal("ship.moor", "the berth is closed")
    taken = sum(each.berth == event.berth for each in ships(state))
    return None if taken < state["room"] else Refusal("ship.moor", "no room", taken=taken)


def may_leave(state: CellState, event: Leave) -> Refusal | None:
    """Only from a berth."""
    return None if state[ship(event.ship)].berth is not None else Refusal("ship.leave", "it is at sea")


def may_close(state: CellState, event: Close) -> Refusal | None:
    """Only once, and when nobody is there."""
    if state[berth(event.berth)] == "closed":
        return Refusal("berth.close", "it is closed")
    taken = any(each.berth == event.berth for each in ships(state))
    return Refusal("berth.close", "a ship is there") if taken else None


def may_tow(state: CellState, event: Tow) -> Refusal | None:
    """Only where the harbour tows, another ship, and one that nobody tows."""
    if not state["tows"]:
        return Refusal("ship.tow", "no towing here")
    if event.tug == event.ship or state[ship(event.ship)].tug is not None:
        return Refusal("ship.tow", "it can't be towed by this one")
    return None


def alter(state: CellState, number: int, **changes: object) -> Step[CellState]:
    """The step that changes a ship."""
    return Step(state.set(ship(number), attrs.evolve(state[ship(number)], **changes)))


def pairs(event: type, one: str, other: str):
    """The choices of a rule about two numbers."""
    return lambda state: [event(i, j) for i in range(state[one]) for j in range(state[other])]


RULES: Table[CellState, object] = Table(
    [
        Rule(
            name="ship.moor",
            event=Moor,
            guard=may_moor,
            effect=lambda state, event: alter(state, event.ship, berth=event.berth),
            choices=pairs(Moor, "ships", "berths"),
        ),
        Rule(
            name="ship.leave",
            event=Leave,
            guard=may_leave,
            effect=lambda state, event: alter(state, event.ship, berth=None),
            choices=lambda state: [Leave(number) for number in range(state["ships"])],
        ),
        Rule(
            name="berth.close",
            event=Close,
            guard=may_close,
            effect=lambda state, event: Step(state.set(berth(event.berth), "closed")),
            choices=lambda state: [Close(number) for number in range(state["berths"])],
        ),
        Rule(
            name="ship.tow",
            event=Tow,
            guard=may_tow,
            effect=lambda state, event: alter(state, event.ship, tug=event.tug),
            choices=pairs(Tow, "ships", "ships"),
        ),
    ]
)


def start(*, ships: int, berths: int, room: int = 2, tows: bool = False) -> Cells:
    """All ships at sea, all berths open."""
    sizes = {"ships": ships, "berths": berths, "room": room, "tows": tows}
    fleet = {ship(number): Ship() for number in range(ships)}
    return Cells.of(Layout(), sizes | fleet | {berth(number): "open" for number in range(berths)})


def harbour(**params) -> CellSystem:
    """The system with every ship and berth counted for itself."""
    return CellSystem(RULES, {Start("harbour", **params): start(**params)})


def rename(value: object, names: Mapping[Name, Name]) -> object:
    """A cell's value with the ships and berths that it refers to by other names."""
    if not isinstance(value, Ship):
        return value

    def renamed(kind: str, number: int | None) -> object:
        return None if number is None else names.get((kind, number), (kind, number))[1]

    return Ship(renamed("berth", value.berth), renamed("ship", value.tug))


def families(*, ships: int, berths: int) -> list[Family]:
    """Ships point to berths."""
    fleet = Family(
        "ships",
        tuple((ship(number),) for number in range(ships)),
        points_to=lambda value: None if value.berth is None else berth(value.berth),
        forget=lambda value: attrs.evolve(value, berth=None),
    )
    return [fleet, Family("berths", tuple((berth(number),) for number in range(berths)))]


def harbour_as_forest(*, ships: int, berths: int, **params) -> Quotient:
    """The system with ships and berths alike, by their tree."""
    system = harbour(ships=ships, berths=berths, **params)
    return Quotient(system, Forest(system.layout, families(ships=ships, berths=berths)), "alike ships and berths")


def harbour_sorted(*, ships: int, berths: int, **params) -> Quotient:
    """The system with ships and berths alike, by sorting."""
    system = harbour(ships=ships, berths=berths, **params)
    canonical = Canonical(system.layout, families(ships=ships, berths=berths), rename)
    return Quotient(system, canonical, "sorted ships and berths")
