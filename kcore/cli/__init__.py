"""The command line: `kcore run` and `kcore conform`, and the only floor that prints."""
