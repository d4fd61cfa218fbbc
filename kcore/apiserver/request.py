"""Requests and responses: everything that goes between a client and an API server, as values.

Models the verbs, the subresources, options and answers of the REST API without HTTP: no paths, headers or encodings.
A body is a typed object, as a controller has it, or `Json`, as a person sends it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/endpoints/installer.go
"""

from __future__ import annotations

import enum

import attrs

from kcore.api.evolve import quick
from kcore.api.json import Json
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Bookmark, Change
from kcore.apiserver.status import Status


class Verb(enum.Enum):
    """What a request asks for."""

    CREATE = "create"
    GET = "get"
    LIST = "list"
    UPDATE = "update"
    PATCH = "patch"
    DELETE = "delete"
    DELETE_COLLECTION = "deletecollection"
    WATCH = "watch"

    __hash__ = object.__hash__  # a member is equal to itself alone, and looked up with every request


class PatchType(enum.Enum):
    """How the body of a patch is to be read."""

    APPLY = "application/apply-patch+yaml"
    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"


@attrs.frozen(kw_only=True)
class Options:
    """The options of a request; "" and None mean not given.

    `resource_version` is a precondition of a delete, the revision of a list and the starting one of a watch;
    `resource_version_match` says how a list takes it: Exact or NotOlderThan. A list answers with at most `limit`
    objects (0: all), and goes on from `continue_token`. A watch may ask for bookmarks, and says with
    `send_initial_events` whether it is to begin with what is there. `uid` is a precondition. `propagation_policy` is
    Foreground, Background or Orphan. `strict` asks for strict field validation. `field_manager` says in whose name
    fields are written, `force` that an apply takes them from others.
    """

    resource_version: str = ""
    uid: str = ""
    propagation_policy: str = ""
    grace_period_seconds: int | None = None
    label_selector: str = ""
    field_selector: str = ""
    patch_type: PatchType | None = None
    dry_run: bool = False
    strict: bool = False
    resource_version_match: str = ""
    limit: int = 0
    continue_token: str = ""
    allow_watch_bookmarks: bool = False
    send_initial_events: bool | None = None
    field_manager: str = ""
    force: bool = False


DEFAULT_OPTIONS = Options()


@quick
@attrs.frozen(kw_only=True)
class Request:
    """One request; `key` names kind, namespace and object ("" where the verb or generateName leaves it open).

    `subresource` is "", status, scale, binding or eviction; `client` says who asks, as "kubectl" or a component's name.
    """

    verb: Verb
    key: ObjectKey
    subresource: str = ""
    body: ApiObject | Json | None = None
    options: Options = DEFAULT_OPTIONS
    client: str = ""


@quick
@attrs.frozen(kw_only=True)
class Response:
    """The answer: `code`, the object, list or changes asked for, or the `status` that says no.

    `revision` is the store's after the request, or that of the list, which a watch goes on from. A list that has more
    to tell gives the `continue_token` to ask for it with, and where nothing selects how many objects remain; a refusal
    may give one too. The `bookmark` of a watch comes after its changes.
    """

    code: int
    object: ApiObject | None = None
    items: tuple[ApiObject, ...] = ()
    changes: tuple[Change, ...] = ()
    bookmark: Bookmark | None = None
    status: Status | None = None
    revision: int = 0
    continue_token: str = ""
    remaining_item_count: int | None = None

    @property
    def reason(self) -> str:
        """The reason of a refusal, "" when there is none."""
        return self.status.reason if self.status else ""

    @property
    def ok(self) -> bool:
        """Tell whether the request was granted."""
        return self.status is None
