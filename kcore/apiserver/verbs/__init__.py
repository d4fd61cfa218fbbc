"""The verbs of the API, one module each; `kcore.apiserver.handle` has their table."""
