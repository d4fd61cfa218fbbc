"""The machine: rules, tables, properties and searches; it knows nothing of Kubernetes.

A model is a `Table` of `Rule`s over a state. `run`, `replay` and `walk` follow it, `explore` sees all of it, and
`explore_randomly` sees some of what is too large. Searches work on a `System`, of which there are two: `TableSystem`
for any states, and `CellSystem` for states of named cells, where what a rule read determines what it did, so that it
need not run again. A `Quotient`, or cells that are `Alike`, let states that differ by a renaming count as one.

Nothing here has a clock, randomness, input or output; the same input gives the same answer in every process.
"""

from kcore.machine.canonical import Canonical, Rename
from kcore.machine.cell_system import CellSystem
from kcore.machine.cells import Cells, CellState, Layout, Name, Packed
from kcore.machine.collection import collection_frozen
from kcore.machine.digest import Digester, digest, mix
from kcore.machine.equivariance import Asymmetry, check_equivariance, renaming, some_states
from kcore.machine.errors import (
    CellError,
    DigestError,
    ImpureError,
    PropertyError,
    RuleError,
    TraceError,
)
from kcore.machine.explore import explore
from kcore.machine.forest import Family, Forest
from kcore.machine.heap import EMPTY_HEAP, Heap
from kcore.machine.intern import ABSENT, Interner, Register
from kcore.machine.note import Note, Step
from kcore.machine.progress import Progress, ProgressHook, Reporting
from kcore.machine.property import (
    Culprits,
    Finding,
    Kind,
    Predicate,
    Property,
    always,
    bounded,
    converges,
    eventually,
    leads_to,
    never,
    sometimes,
    stays,
)
from kcore.machine.quotient import Quotient
from kcore.machine.refusal import Refusal
from kcore.machine.remember import Memory, Read, Recorder, Trie
from kcore.machine.replay import Replay, begin, replay, run, shorten
from kcore.machine.rule import Fairness, Rule
from kcore.machine.seed import Seed
from kcore.machine.site import Site
from kcore.machine.symmetry import Alike
from kcore.machine.system import Move, System
from kcore.machine.table import Table
from kcore.machine.table_system import TableSystem
from kcore.machine.trace import Start, Trace
from kcore.machine.verdict import UNLIMITED, Coverage, Findings, Limits, Outcome, Verdict
from kcore.machine.view import View
from kcore.machine.walk import explore_randomly, walk

__all__ = [
    "ABSENT",
    "EMPTY_HEAP",
    "UNLIMITED",
    "Alike",
    "Asymmetry",
    "Canonical",
    "CellError",
    "CellState",
    "CellSystem",
    "Cells",
    "Coverage",
    "Culprits",
    "DigestError",
    "Digester",
    "Fairness",
    "Family",
    "Finding",
    "Findings",
    "Forest",
    "Heap",
    "ImpureError",
    "Interner",
    "Kind",
    "Layout",
    "Limits",
    "Memory",
    "Move",
    "Name",
    "Note",
    "Outcome",
    "Packed",
    "Predicate",
    "Progress",
    "ProgressHook",
    "Property",
    "PropertyError",
    "Quotient",
    "Read",
    "Recorder",
    "Refusal",
    "Register",
    "Rename",
    "Replay",
    "Reporting",
    "Rule",
    "RuleError",
    "Seed",
    "Site",
    "Start",
    "Step",
    "System",
    "Table",
    "TableSystem",
    "Trace",
    "TraceError",
    "Trie",
    "Verdict",
    "View",
    "always",
    "begin",
    "bounded",
    "check_equivariance",
    "collection_frozen",
    "converges",
    "digest",
    "eventually",
    "explore",
    "explore_randomly",
    "leads_to",
    "mix",
    "never",
    "renaming",
    "replay",
    "run",
    "shorten",
    "some_states",
    "sometimes",
    "stays",
    "walk",
]
