"""States made by hand and small clusters to search, for the tests of invariants and of mutants."""
