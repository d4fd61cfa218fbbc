"""The options of lists and watches: which of them go together, and the revision that they name.

Models the 422 of options that contradict one another, and what a watch without a revision stands for: one that begins
with what is there.

Not modelled: a server whose gate WatchList is off.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/apis/meta/internalversion/validation/validation.go
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.api.kinds import Kind
from kcore.apiserver.field import Errors, FieldError, forbidden, invalid, invalid_status, not_supported
from kcore.apiserver.request import Options
from kcore.apiserver.status import Status

EXACT, NOT_OLDER_THAN = "Exact", "NotOlderThan"
ANY = ("", "0")
"""The revisions that name none in particular: the latest, and whatever the server has."""

LIST_OPTIONS = Kind(kind="ListOptions", group="meta.k8s.io", plural="listoptions", singular="listoptions")

_MATCH = "resourceVersionMatch"
_INITIAL = "sendInitialEvents"
_WITH_CONTINUE = "resourceVersionMatch is forbidden when continue is provided"


def watch_options(options: Options) -> Options:
    """Return the options of a watch with what they leave open."""
    if options.send_initial_events is not None or options.resource_version_match:
        return options
    if options.resource_version not in ANY:
        return options
    return evolve(options, send_initial_events=True, resource_version_match=NOT_OLDER_THAN)


def list_refused(options: Options) -> Status | None:
    """Return the 422 of options that a list can't have."""
    errors = tuple(_of_list(options))
    return invalid_status(LIST_OPTIONS, "", errors) if errors else None


def watch_refused(options: Options) -> Status | None:
    """Return the 422 of options that a watch can't have."""
    errors = tuple(_of_watch(options))
    return invalid_status(LIST_OPTIONS, "", errors) if errors else None


def revision_of(version: str) -> int | FieldError:
    """Return the revision that a resourceVersion stands for, or what is wrong with it."""
    if version.isascii() and version.isdigit():
        return int(version)
    return invalid("resourceVersion", version, f'strconv.ParseUint: parsing "{version}": invalid syntax')


def _of_list(options: Options) -> Errors:
    match, version = options.resource_version_match, options.resource_version
    if match and not version:
        yield forbidden(_MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided")
    if match and options.continue_token:
        yield forbidden(_MATCH, _WITH_CONTINUE)
    if match not in ("", EXACT, NOT_OLDER_THAN):
        yield not_supported(_MATCH, match, (EXACT, NOT_OLDER_THAN, ""))
    if match == EXACT and version == "0":
        yield forbidden(_MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    if options.send_initial_events is not None:
        yield forbidden(_INITIAL, "sendInitialEvents is forbidden for list")


def _of_watch(options: Options) -> Errors:
    match, initial = options.resource_version_match, options.send_initial_events
    if initial is not None and match != NOT_OLDER_THAN:
        yield forbidden(_MATCH, f"sendInitialEvents requires setting resourceVersionMatch to {NOT_OLDER_THAN}")
    if not match:
        return
    if initial is None:
        yield forbidden(_MATCH, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
    if match != NOT_OLDER_THAN:
        yield not_supported(_MATCH, match, (NOT_OLDER_THAN,))
    if options.continue_token:
        yield forbidden(_MATCH, _WITH_CONTINUE)
