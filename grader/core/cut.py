"""What a notebook that is run on a part of its data may fail with for that reason alone."""

from grader.guest import protocol

_REGARDLESS = (
    *("SyntaxError", "IndentationError", "TabError", "ImportError", "ModuleNotFoundError", "FileNotFoundError"),
    *("StdinNotImplementedError", "MemoryError", "SystemExit", "KeyboardInterrupt", "UsageError"),
    *(kind.__name__ for kind in (protocol.DataSetMissing, protocol.PartMissing, protocol.ModuleMissing)),
    *(kind.__name__ for kind in (protocol.ServerMissing, protocol.EnoughSeen, protocol.BarelyTrained)),
)


def may_need_more(error: str) -> bool:
    """Whether a cell's error, by its beginning, may be gone when the cells before it see all of their data."""
    return not error.startswith(_REGARDLESS)
