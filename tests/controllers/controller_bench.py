"""A bench for one controller: a store behind an API server, a clock, and turns as long as there is work.

Models a controller whose cache is up to date unless a turn is given an older store. Alarms ring when the test says so.
"""

from __future__ import annotations

from kcore.api.convert import to_wire
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.store import Store
from kcore.client.component import Write
from kcore.client.turn import OnFailure
from kcore.client.view import View

START = 946_684_800_000


class Bench:
    """The controller, what it remembers and wants by key, and every write as (verb, code)."""

    def __init__(self, component, *objects):
        self.component = component
        self.store = Store.of(objects)
        self.now = START
        self.memory = {}
        self.wakes = {}
        self.queue = []
        self.writes = []
        self.notes = []

    def put(self, *objects):
        """Write objects as others would."""
        for obj in objects:
            self.hear(self.store.put(obj))

    def remove(self, *keys):
        """Remove objects for good."""
        for key in keys:
            self.hear(self.store.remove(key))

    def ask(self, request):
        """Send a request as others would."""
        outcome = handle(self.store, request, Context(now=self.now))
        self.hear(outcome.store)
        return outcome.response

    def hear(self, store):
        """Go on to `store`, and put what is new there into the queue."""
        for change in store.changes_since(self.store.revision):
            watch = self.component.watches.get(change.key.kind)
            self.queue += [work.key for work in watch(change, store)] if watch else []
        self.store = store

    def turn(self, key, view=None):
        """Take one turn, on an older store if one is given; say how many writes were granted."""
        seen, now, answers, granted = view or self.store, self.now, (), 0
        while True:
            turn = self.component.reconcile(self.memory.get(key), View(seen, now, answers), key)
            for call in turn.requests:
                response = self.call(call)
                granted += response.ok
                answers = (*answers, response)
                if not response.ok and call.on_failure is OnFailure.STOP and response.reason not in call.accepts:
                    return granted
            if not turn.more:
                self.memory[key], self.wakes[key] = turn.memory, turn.wake_at
                self.notes += turn.notes
                return granted

    def call(self, call):
        """Make a call of the controller, which must have declared it."""
        request = call.request
        response = self.ask(request)
        if request.verb.value != "get":
            assert Write(request.verb, request.key.kind, request.subresource) in self.component.writes
            self.writes.append((request.verb.value, response.code))
        return response

    def run(self):
        """Take turns until there is no work left; return the writes made."""
        before = len(self.writes)
        while self.queue:
            self.turn(self.queue.pop(0))
        return self.writes[before:]

    def wait(self, key):
        """Let time pass until the alarm of `key` rings, and take that turn; return the ms that passed."""
        passed = self.wakes[key] - self.now
        self.now = self.wakes[key]
        self.turn(key)
        return passed

    def wire(self, kind):
        """The objects of a kind in JSON."""
        return [to_wire(one) for one in self.store.list(kind)]
