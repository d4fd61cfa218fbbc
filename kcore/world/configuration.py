"""Configuration: what ConfigMaps and Secrets have given to a container, and the files of a pod's volumes of them.

Models that a process keeps the environment that it was started with, and the files that it mounted by subPath, while
the other files of a volume are written anew where they are. Bytes are kept as text, byte for byte
(UTF-8, surrogates for what is not).

Not modelled: modes and owners of files, and how much memory they take.

Upstream: https://kubernetes.io/docs/concepts/configuration/configmap/
"""

from __future__ import annotations

from typing import NamedTuple

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap


class Failure(NamedTuple):
    """Why a container can't be started: a reason as a status gives it, and a sentence."""

    reason: str
    message: str = ""


CONFIG_ERROR = "CreateContainerConfigError"
"""The reason of a container whose configuration is not there."""

PULL_ERROR = "ErrImagePull"
"""The reason of a container whose image could not be pulled."""

NEVER_PULL = "ErrImageNeverPull"
"""The reason of a container whose image is not there, and is never pulled."""


@attrs.frozen(kw_only=True, cache_hash=True)
class Configuration:
    """What a container was started with.

    `environment` holds its variables, of which some come from `sources` ("ConfigMap/web"), which are those that were
    there; `files` the contents that were mounted by subPath, by "volume/path". `command` is what it was started by,
    with its arguments, where variables stand in that.
    """

    environment: FrozenMap[str] = EMPTY
    sources: tuple[str, ...] = ()
    files: FrozenMap[str] = EMPTY
    command: tuple[str, ...] = ()
