"""list: the objects of a kind, in one namespace or all, that selectors match, at one revision.

Models the revisions that a list may ask for (the latest, any, one not older than, exactly one) and pages: a limit, and
a token with which the next page is asked for at the same revision. A revision whose changes are compacted away is a
410, one that is yet to come a 504.

Not modelled: the order of etcd's paths, in which "a-b/" comes before "a/"; pages come in the order of the whole list.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import NamedTuple

from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.request import Options, Response
from kcore.apiserver.selection import Selection, selection
from kcore.apiserver.status import Status, bad_request, expired, too_large_version
from kcore.apiserver.store import Store

EXACT, NOT_OLDER_THAN = "Exact", "NotOlderThan"

_BAD_TOKEN = "continue key is not valid: encoded start key is missing, wrong or not of this version"
_OLD_TOKEN = (
    "The provided continue parameter is too old to display a consistent list result. "
    "You can start a new list without the continue parameter."
)
_OLD_LIST = "The resourceVersion for the provided list is too old."


class Page(NamedTuple):
    """Where a list goes on: after the object `after`, at `revision`."""

    revision: int
    after: tuple[str, str]


def list_objects(operation: Operation) -> Outcome:
    """Answer with the objects that the request selects, sorted by namespace and name."""
    selected = selection(operation)
    if isinstance(selected, Status):
        return operation.refuse(selected)
    options, store = operation.request.options, operation.store
    if not (options.limit or options.continue_token or options.resource_version or options.resource_version_match):
        return Outcome(store=store, response=Response(code=200, items=selected.select(store), revision=store.revision))
    response = _page(store, selected, options)
    return operation.refuse(response) if isinstance(response, Status) else Outcome(store=store, response=response)


def _page(store: Store, selected: Selection, options: Options) -> Response | Status:
    page = _begin(store, options)
    if isinstance(page, Status):
        return page
    found = selected.select(store) if page.revision == store.revision else _past(store, page.revision, selected)
    if found is None:
        return expired(_OLD_TOKEN if options.continue_token else _OLD_LIST)
    rest = [one for one in found if (one.metadata.namespace, one.metadata.name) > page.after]
    items = rest[: options.limit] if options.limit else rest
    if len(items) == len(rest):
        return Response(code=200, items=tuple(items), revision=page.revision)
    last = items[-1].metadata
    remaining = None if options.label_selector or options.field_selector else len(rest) - len(items)
    return Response(
        code=200,
        items=tuple(items),
        revision=page.revision,
        continue_token=token_of(Page(page.revision, (last.namespace, last.name))),
        remaining_item_count=remaining,
    )


def _begin(store: Store, options: Options) -> Page | Status:
    """Return where the list begins and at which revision, or why it can't."""
    if options.continue_token:
        page = page_of(options.continue_token)
        if page is None:
            return bad_request(_BAD_TOKEN)
        if options.resource_version not in ("", "0"):
            return bad_request("specifying resource version is not allowed when using continue")
        return page
    version, match = options.resource_version, options.resource_version_match
    if version and not (version.isascii() and version.isdigit()):
        return bad_request(f'Invalid value: "{version}": a resourceVersion is a decimal number')
    asked = int(version or 0)
    if match and not version:
        return bad_request("resourceVersionMatch is forbidden unless resourceVersion is provided")
    if match == EXACT and not asked:
        return bad_request('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    if asked > store.revision:
        return too_large_version(asked, store.revision)
    exact = match == EXACT or (not match and asked and options.limit)
    return Page(asked if exact else store.revision, ("", ""))


def _past(store: Store, revision: int, selected: Selection) -> tuple[ApiObject, ...] | None:
    """Return what `selected` selected at `revision`; None when what has changed since is compacted away."""
    changes = store.changes_since(revision) if revision <= store.revision else None
    if changes is None:
        return None
    objects: dict[ObjectKey, ApiObject] = {key_of(one): one for one in store.list(selected.kind, selected.namespace)}
    for change in reversed(changes):
        if change.key.kind != selected.kind:
            continue
        if change.old is None:
            objects.pop(change.key, None)
        else:
            objects[change.key] = change.old
    return tuple(one for key, one in sorted(objects.items()) if selected.matches(key, one))


def token_of(page: Page) -> str:
    """Return the token that stands for `page`: for clients, a text without a meaning."""
    content = {"v": "meta.k8s.io/v1", "rv": page.revision, "start": list(page.after)}
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def page_of(token: str) -> Page | None:
    """Return the page that `token` stands for, None when it was not made by `token_of`."""
    try:
        content = json.loads(base64.urlsafe_b64decode(token.encode()))
        namespace, name = content["start"]
        page = Page(int(content["rv"]), (str(namespace), str(name)))
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None
    return page if token_of(page) == token else None
