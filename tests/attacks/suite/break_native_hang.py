"""Hangs in native code that never lets go of the interpreter. The time of a cell must end it."""

re.match(r"(a+)+$", "a" * 60 + "b")
