"""The vocabulary every other part speaks: frozen records and errors; no I/O, no torch."""
