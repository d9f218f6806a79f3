"""What systems and tools leave among files: nobody's work, skipped wherever files are looked through."""

from collections.abc import Iterable
from pathlib import PurePosixPath

_NAMES = frozenset(
    {
        "__MACOSX", ".git", ".svn", ".hg", ".ipynb_checkpoints", "__pycache__", ".DS_Store", "Thumbs.db", "desktop.ini",
        ".venv", "site-packages", "node_modules", ".idea", ".vscode", ".mypy_cache", ".pytest_cache", ".ruff_cache",
        ".Trash", ".Trashes", ".fseventsd", ".Spotlight-V100", ".TemporaryItems",
    }
)  # fmt: skip
# What `grader student build` made, which students keep beside their work.
HANDED_OUT = ".grader.yaml"
# What lies in the folder of a virtual environment, whatever it is called.
ENVIRONMENT = "pyvenv.cfg"


def is_junk(name: str) -> bool:
    """Whether a file or folder is known as junk by its own name, such as macOS's `._notebook.ipynb`."""
    return name in _NAMES or name.startswith(("._", "~$", ".~lock.")) or name.endswith(HANDED_OUT)


def environments(names: Iterable[str]) -> frozenset[str]:
    """The folders among these paths that are virtual environments."""
    return frozenset(str(PurePosixPath(name).parent) for name in names if PurePosixPath(name).name == ENVIRONMENT)


def lies_in_junk(name: str, environments: frozenset[str] = frozenset()) -> bool:
    """Whether a path, its folders by `/`, is junk or lies in some."""
    path = PurePosixPath(name)
    if any(is_junk(part) for part in path.parts):
        return True
    return bool(environments) and any(str(parent) in environments for parent in path.parents if parent.name)
