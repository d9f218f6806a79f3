"""Where the tests keep a class: in a folder, and in a Postgres that the test run starts."""

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from postgres import create_schema, programs, server


@pytest.fixture(scope="session")
def postgres():
    """The folder of a running server's socket."""
    pytest.importorskip("psycopg", reason="the extra [postgres] is not installed")
    if programs() is None:
        pytest.skip("Postgres is not installed (apt install postgresql)")
    with server(programs()) as folder:
        yield folder


@pytest.fixture(scope="session")
def memory():
    """A folder in memory where there is one: a store waits for the disk at each write."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


_NUMBERS = count(1)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.kernel)])
def where(request):
    """An empty place for a store: what `Store.open` takes."""
    if request.param == "sqlite":
        return request.getfixturevalue("memory") / f"class {next(_NUMBERS)}"
    return create_schema(request.getfixturevalue("postgres"))
