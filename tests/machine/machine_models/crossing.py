"""A crossing: a light that turns, a car that may pass while it is green, and how much luck the car is owed.

Four states. With a light that turns for ever the car may wait for ever unless its passing is strongly fair; with a
light that stays green once it is, weak fairness is enough.

Does not model a second car.
"""

from __future__ import annotations

import attrs

from kcore.machine import Cells, CellState, CellSystem, Fairness, Layout, Refusal, Rule, Start, Step, Table


@attrs.frozen
class Turn:
    """The light turns."""


@attrs.frozen
class Hum:
    """The light hums: something that may happen for ever and gets nobody anywhere."""


@attrs.frozen
class Pass:
    """The car passes."""


def may_pass(state: CellState, event: Pass) -> Refusal | None:
    """Only on green, and once."""
    if state["car"] == "gone":
        return Refusal("car.pass_light", "it has passed")
    return None if state["light"] == "green" else Refusal("car.pass_light", "the light is red", car="c1")


def may_turn(state: CellState, event: Turn) -> Refusal | None:
    """Always, unless green is where it stays."""
    stuck = state["light"] == "green" and state["stays_green"]
    return Refusal("light.turn", "it stays green") if stuck else None


def turn(state: CellState, event: Turn) -> Step[CellState]:
    """Red to green, green to red."""
    return Step(state.set("light", "red" if state["light"] == "green" else "green"))


def hum(state: CellState, event: Hum) -> Step[CellState]:
    """Louder, or not."""
    return Step(state.set("hums", not state["hums"]))


def may_hum(state: CellState, event: Hum) -> Refusal | None:
    """Only where the crossing hums at all."""
    return None if state.get("hums") is not None else Refusal("light.hum", "it is silent")


def rules(fairness: Fairness) -> Table[CellState, object]:
    """The table, in which the car's passing has a fairness."""
    return Table(
        [
            Rule(name="light.turn", event=Turn, guard=may_turn, effect=turn, choices=lambda state: [Turn()]),
            Rule(name="light.hum", event=Hum, guard=may_hum, effect=hum, choices=lambda state: [Hum()]),
            Rule(
                name="car.pass_light",
                event=Pass,
                guard=may_pass,
                effect=lambda state, event: Step(state.set("car", "gone")),
                choices=lambda state: [Pass()],
                fairness=fairness,
            ),
        ]
    )


def start(*, stays_green: bool = False, hums: bool = False) -> Cells:
    """Red, and a car that waits."""
    values = {"light": "red", "car": "waiting", "stays_green": stays_green, "hums": False if hums else None}
    return Cells.of(Layout(), values)


def crossing(fairness: Fairness, *, stays_green: bool = False, hums: bool = False) -> CellSystem:
    """The system."""
    named = Start("crossing", stays_green=stays_green, hums=hums)
    return CellSystem(rules(fairness), {named: start(stays_green=stays_green, hums=hums)})
