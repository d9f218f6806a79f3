"""Prints the table of attacks and layers where GRADER_ATTACK_TABLE asks for it (`make attacks`)."""

import os
import subprocess
import tempfile

import pytest

_SEEN: dict[str, dict[str, str]] = {}
_SECONDS: dict[str, float] = {}


@pytest.fixture(scope="session")
def world():
    """A folder that another user may pass through to what lies in it."""
    folder = tempfile.mkdtemp(prefix="attacks-", dir="/tmp")
    os.chmod(folder, 0o755)
    yield folder
    subprocess.run(["rm", "-rf", folder], check=False)  # however deep it is


def pytest_runtest_logreport(report):
    """Remember what became of an attack."""
    told = dict(report.user_properties)
    if "attack" in told and report.when == "call":
        said = told.get("said", "") or ("stopped" if report.passed else "")
        if report.failed:
            said = f"FAILED: {said}"
        elif report.skipped:
            said = "not here"
        _SEEN.setdefault(told["attack"], {})[told["layer"]] = said
    for name, value in told.items():
        if name.startswith("seconds "):
            _SECONDS[name.removeprefix("seconds ")] = value


def pytest_terminal_summary(terminalreporter):
    """One line for each attack: how each layer ended it."""
    if not os.environ.get("GRADER_ATTACK_TABLE") or not _SEEN:
        return
    layers = list(dict.fromkeys(layer for row in _SEEN.values() for layer in row))
    terminalreporter.section("attacks")
    for attack, row in sorted(_SEEN.items()):
        said: dict[str, list[str]] = {}
        for layer in layers:
            said.setdefault(row.get(layer, "not run"), []).append(layer)
        ends = "; ".join(f"{', '.join(where)}: {what}" for what, where in said.items())
        terminalreporter.write_line(f"{attack:<28} {ends}")
    for layer, seconds in _SECONDS.items():
        terminalreporter.write_line(f"{layer}: {seconds:g} s for the whole class")
