"""Sphinx: MyST pages under furo, built without a warning by `tox -e docs`."""

from kcore import __version__

project = "kcore"
author = "the kcore developers"
copyright = author
release = version = __version__

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = f"kcore {__version__}"
