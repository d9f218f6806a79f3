"""Python's parser, for one thread at a time."""

import ast
import threading

_LOCK = threading.Lock()


def parsed(source: str) -> ast.Module:
    """The tree of some code. Raises what `ast.parse` raises.

    Under a lock, since CPython counts the depth of trees for all threads together: where another thread parses in
    between, it takes the difference for a fault of its own and raises a SystemError.
    """
    with _LOCK:
        return ast.parse(source)
