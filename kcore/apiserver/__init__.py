"""The API server: the store, the verbs, defaults, validation, admission and deletion."""
