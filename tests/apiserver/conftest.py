"""An API server to talk to: it keeps the store of the last answer, and the time stands unless a test moves it."""

from __future__ import annotations

import copy

import pytest

from kcore.api.json import Json
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.config import DEFAULT
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, PatchType, Request, Response, Verb

NOW = 946_684_800_000
"""2000-01-01T00:00:00Z, in ms since 1970."""

CLUSTER_SCOPED = {"CustomResourceDefinition", "Namespace", "Node", "PersistentVolume", "PriorityClass", "StorageClass"}


class Server:
    """An API server; `store` and `now` (ms since 1970) are what the next request meets."""

    def __init__(self, store, config=DEFAULT):
        self.store = store
        self.now = NOW
        self.config = config
        self.notes = ()

    def send(self, request: Request) -> Response:
        outcome = handle(self.store, request, Context(now=self.now, config=self.config))
        self.store = outcome.store
        self.notes = outcome.notes
        return outcome.response

    def ask(self, verb, kind, name="", *, namespace="default", body=None, subresource="", **options) -> Response:
        scope = "" if kind in CLUSTER_SCOPED else namespace
        sent = Json.of(body) if isinstance(body, dict) else body
        key = ObjectKey(kind, scope, name)
        request = Request(verb=verb, key=key, body=sent, subresource=subresource, options=Options(**options))
        return self.send(request)

    def create(self, wire: dict, **options) -> Response:
        namespace = wire["metadata"].get("namespace", "default")
        return self.ask(Verb.CREATE, wire["kind"], namespace=namespace, body=wire, **options)

    def make(self, wire: dict) -> ApiObject:
        """Create what must be creatable."""
        response = self.create(wire)
        assert response.status is None, response.status
        return response.object

    def get(self, kind, name, namespace="default") -> ApiObject | None:
        return self.ask(Verb.GET, kind, name, namespace=namespace).object

    def update(self, obj: ApiObject, subresource="", **options) -> Response:
        kind = type(obj).__name__
        return self.ask(Verb.UPDATE, kind, obj.metadata.name, body=obj, subresource=subresource, **options)

    def merge(self, kind, name, patch, subresource="", **options) -> Response:
        options = {"patch_type": PatchType.MERGE, **options}
        return self.ask(Verb.PATCH, kind, name, body=patch, subresource=subresource, **options)

    def strategic(self, kind, name, patch, **options) -> Response:
        return self.ask(Verb.PATCH, kind, name, body=patch, patch_type=PatchType.STRATEGIC, **options)

    def delete(self, kind, name, **options) -> Response:
        return self.ask(Verb.DELETE, kind, name, **options)


@pytest.fixture
def server() -> Server:
    """A server of a cluster that has just been made."""
    return Server(bootstrap(NOW))


POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "c", "image": "app:v1"}]},
}

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "app:v1"}]},
        },
    },
}


@pytest.fixture
def pod() -> dict:
    """A pod in JSON, the test's to change."""
    return copy.deepcopy(POD)


@pytest.fixture
def deployment() -> dict:
    """A Deployment of two pods in JSON, the test's to change."""
    return copy.deepcopy(DEPLOYMENT)


@pytest.fixture
def config_map():
    """A function that makes a ConfigMap in JSON."""

    def make(name="cm", data=None, **metadata):
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, **metadata},
            "data": data or {},
        }

    return make
