"""A table over cells as a system: what each site offers is remembered by what it read.

In a search a state is a tuple of value ids by slot. A known site costs one look-up a read, a successor's fingerprint
one addition, and only successors not seen before are built. Rules and predicates are ordinary functions of a view.

Does not model which cells are alike: it is told, see symmetry.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from kcore.machine.cells import Cells, CellState, Packed, unpack
from kcore.machine.errors import CellError, ImpureError
from kcore.machine.intern import ABSENT
from kcore.machine.remember import LEAF, Recorder, Trie
from kcore.machine.rule import Fairness
from kcore.machine.site import Patch, Site, SiteRunner, site_per_rule
from kcore.machine.symmetry import Alike, AlikeWeights
from kcore.machine.system import Move, way_by_moves
from kcore.machine.table import Table
from kcore.machine.trace import Start
from kcore.machine.view import View

E = TypeVar("E")
T = TypeVar("T")


class CellSystem(Generic[E]):
    """A table, its starts by name (over one layout), its sites (default: one a rule) and the cells that are alike."""

    passed = 0

    def __init__(
        self,
        table: Table[CellState, E],
        starts: Mapping[Start, Cells],
        sites: Sequence[Site[E]] | None = None,
        alike: Sequence[Alike] = (),
    ) -> None:
        if not starts:
            raise CellError("a system needs a start")
        self.layout = next(iter(starts.values())).layout
        if any(cells.layout is not self.layout for cells in starts.values()):
            raise CellError("all starts of a system must share one layout")
        self._names = self.layout.names.keys
        self.reductions = tuple(f"alike {each.name}" for each in alike)
        self._table = table
        self._starts = dict(starts)
        self._sites = tuple(site_per_rule(table) if sites is None else sites)
        self._weigh = AlikeWeights(self.layout, alike).weight if alike else self.layout.weight
        self._runner = SiteRunner(table, self.layout, self._weigh)
        self._tries: list[Trie[tuple[Move[E, Patch], ...]]] = [Trie(site.name) for site in self._sites]
        self._judged: list[Callable[[Packed], object]] = []

    def starts(self) -> Sequence[tuple[Start, Packed]]:
        """Return the initial states with their names, in the order given."""
        return [(start, self.layout.pad(cells.pack())) for start, cells in self._starts.items()]

    def fingerprint(self, packed: Packed) -> int:
        """Return the sum of the weights of all cells."""
        return sum(self._weigh(slot, number) for slot, number in enumerate(packed))

    def moves(self, packed: Packed) -> Sequence[Move[E, Patch]]:
        """Return the moves that change a state, by site."""
        found: list[Move[E, Patch]] = []
        folds = self.layout.folds
        for trie in self._tries:
            token, rest = trie.root
            try:
                while True:
                    while token >= 0:
                        token, rest = rest[packed[token]]
                    if token == LEAF:
                        break
                    token, rest = rest[folds[token](packed)]
            except LookupError:
                rest = self._offer(trie, packed)
            if rest:
                found += rest
        return found

    def build(self, packed: Packed, patch: Patch) -> Packed:
        """Return a state with some cells written, and with a place for every name met so far."""
        ids = list(packed)
        if len(ids) < len(self._names):
            ids += [ABSENT] * (len(self._names) - len(ids))
        for slot, number in patch:
            ids[slot] = number
        return tuple(ids)

    def way(self, packed: Packed, delta: int, owed: Hashable = None) -> tuple[Sequence[E], Packed]:
        """Return the event of the move that changes the fingerprint by `delta`, and its successor."""
        return way_by_moves(self, packed, delta, owed)

    def stepwise(self) -> CellSystem[E]:
        """Return this system, whose moves are single events."""
        return self

    def judge(self, predicate: Callable[[CellState], T], name: str) -> Callable[[Packed], T]:
        """Return a predicate on packed states, remembered by what it reads."""
        trie: Trie[T] = Trie(name)
        self._judged.append(lambda packed: self._ask(trie, predicate, packed))
        folds = self.layout.folds

        def judged(packed: Packed) -> T:
            token, rest = trie.root
            try:
                while True:
                    while token >= 0:
                        token, rest = rest[packed[token]]
                    if token == LEAF:
                        answer: T = rest
                        return answer
                    token, rest = rest[folds[token](packed)]
            except LookupError:
                return self._ask(trie, predicate, packed)

        return judged

    def fairness(self, event: E) -> Fairness:
        """Return the fairness of the event's rule."""
        return self._table.rule_of(event).fairness

    def cells(self, packed: Packed) -> Cells:
        """Return the state that a packed one stands for."""
        return unpack(self.layout, packed)

    def owed(self, event: E) -> Hashable:
        """Return the event itself."""
        return event

    def audit(self, packed: Packed) -> None:
        """Compute a state's moves and its judged predicates anew.

        Raises ImpureError, by name, for a rule or predicate that answers otherwise than it did after the same reads,
        and for an event that the table enables and no site offers, or the other way round.
        """
        offered: list[E] = []
        for site, trie in zip(self._sites, self._tries, strict=True):
            recorder = self._recorder(packed)
            known = self._offer(trie, packed)
            self._compare(known, self._runner.moves(site, recorder))
            trie.learn(recorder.reads, known)
            offered += self._runner.enabled(site, recorder)
        self._check_sites(offered, list(self._table.enabled(View(self.layout, self._recorder(packed)))))
        for ask in self._judged:
            ask(packed)

    def unreduced(self) -> CellSystem[E]:
        """Return this system with no cells alike, over the same layout."""
        return CellSystem(self._table, self._starts, self._sites)

    def _recorder(self, packed: Packed) -> Recorder:
        """Return a recorder of reads from a packed state."""
        return Recorder(lambda token: self.layout.read(packed, token))

    def _offer(self, trie: Trie[tuple[Move[E, Patch], ...]], packed: Packed) -> tuple[Move[E, Patch], ...]:
        """Return what a site offers: as remembered (a short packed state reads as a padded one), else learnt."""
        try:
            return trie.find(lambda token: self.layout.read(packed, token))
        except LookupError:
            recorder = self._recorder(packed)
            moves = self._runner.moves(self._sites[self._tries.index(trie)], recorder)
            trie.learn(recorder.reads, moves)
            return moves

    def _ask(self, trie: Trie[T], predicate: Callable[[CellState], T], packed: Packed) -> T:
        """Return a predicate's answer, computed and learnt."""
        recorder = self._recorder(packed)
        answer = predicate(View(self.layout, recorder))
        trie.learn(recorder.reads, answer)
        return answer

    def _compare(self, known: Sequence[Move[E, Patch]], anew: Sequence[Move[E, Patch]]) -> None:
        """Raise ImpureError by the name of the first rule whose move differs."""
        if known != anew:
            odd = [move[1] for move in (*known, *anew) if (move in known) is not (move in anew)]
            name = self._table.rule_of((odd or [anew[0][1]])[0]).name
            raise ImpureError(f"rule {name}: it did something else after the same reads")

    def _check_sites(self, offered: list[E], enabled: list[E]) -> None:
        """Raise ImpureError where the sites' events are not the table's."""
        for event in enabled:
            if event not in offered:
                name = self._table.rule_of(event).name
                raise ImpureError(f"rule {name}: {event!r} is enabled and no site offers it, or fewer than enable it")
            offered.remove(event)
        for event in offered:
            name = self._table.rule_of(event).name
            raise ImpureError(f"rule {name}: a site offers {event!r}, which the rule's choices do not hold")
