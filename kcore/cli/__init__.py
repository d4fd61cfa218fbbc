"""The command line: `kcore check`, `run`, `replay` and `conform`, and the only floor that prints."""
