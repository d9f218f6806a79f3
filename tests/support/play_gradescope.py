"""`make gradescope`: an autograder built, set up in a container's root, and run for six submissions, one after another.

The root is made by debootstrap; the real setup.sh installs into it what it would install on Gradescope, and each run
sees a copy of its own. Prints what each run earned, how much memory its processes held at most, and how long it took.
GRADER_ROOT names a folder where the root is kept for the next time.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import nbformat
from class_commands import grader
from container import Ended, debootstrap, group, network_settings, run_in
from rich.console import Console
from rich.table import Table

from grader.core.errors import GraderError
from grader.rubric import load_rubric
from grader.rubric_trials import mutated, reference_folder

SCHEMA = json.loads((Path(__file__).parents[1] / "gradescope" / "results.schema.json").read_text())
say = Console(width=140, highlight=False).print
SCRIPT = ["/autograder/run_autograder"]

# Tries, from a notebook, what only the platform and the grader may do.
HOSTILE = r"""
import glob, os, signal
reached = []
def tries(name, attempt):
    try:
        attempt()
        reached.append(name)
    except BaseException:
        pass
def read(path):
    assert open(path, "rb").read()
def forge(path):
    open(path, "w").write('{"score": 10000}')
tries("read the rubric", lambda: read("/autograder/source/rubric.yaml"))
tries("read the settings", lambda: read("/autograder/source/settings.json"))
tries("list the source", lambda: os.listdir("/autograder/source")[0])
tries("read the metadata", lambda: read("/autograder/submission_metadata.json"))
tries("read the results", lambda: read("/autograder/results/results.json"))
tries("write the results", lambda: forge("/autograder/results/results.json"))
tries("write beside the results", lambda: forge("/autograder/results/results.json.new"))
tries("replace the autograder", lambda: forge("/autograder/run_autograder"))
tries("change the grader", lambda: forge(glob.glob("/opt/grader/lib/python3*/site-packages/grader/__init__.py")[0]))
tries("change the data", lambda: forge(glob.glob("/opt/grader/data/*/raw/*")[0]))
tries("read a process's environment", lambda: read("/proc/1/environ"))
tries("signal all", lambda: os.kill(1, signal.SIGTERM))
print("REACHED", reached)
"""


def hostile(reference, place):
    """The reference, with a notebook beside it that tries the above, and takes what it can get."""
    folder = Path(shutil.copytree(reference, place / "hostile"))
    cells = [nbformat.v4.new_markdown_cell("# Problem 99"), nbformat.v4.new_code_cell(HOSTILE)]
    cells.append(
        nbformat.v4.new_code_cell("raise ValueError(f'reached: {reached}' if reached else 'it was all tried')")
    )
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "hostile.ipynb")
    return folder


def cases(rubric, place):
    """(name, what is handed in, MB, cores, minutes) of each run."""
    reference = reference_folder(rubric)
    (place / "empty").mkdir()
    (place / "mutant").mkdir()
    return (
        ("reference", reference, 1536, 1, 10),
        ("empty", place / "empty", 768, 0.5, 10),
        ("mutant", mutated(rubric, rubric.mutants[0], place / "mutant"), 1536, 1, 10),
        ("hostile", hostile(reference, place), 1536, 1, 10),
        ("out of time", reference, 1536, 1, 1),
        ("768 MB", reference, 768, 0.5, 40),
    )


def made_root(rubric, base):
    """A container's root in which this grader's setup.sh has run: also one that was kept holds no older grader."""
    root = base / "root"
    if not (root / "usr/bin").is_dir():
        say("making a root with debootstrap")
        debootstrap(root)
    renew(rubric, root)
    say("running setup.sh in it; some minutes the first time")
    done = run_in(root, ["bash", "/autograder/source/setup.sh"], environment=network_settings())
    say(f"setup.sh: exit code {done.code}, {done.seconds:.0f} s")
    if done.code:
        raise SystemExit(done.said[-4000:])
    return root


def renew(rubric, root):
    """Upload the autograder, as the platform does it."""
    source = root / "autograder" / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        code, said = grader("gradescope", "build", rubric, "--no-measure", "-o", f"{scratch}/autograder.zip")
        if code:
            raise SystemExit(said)
        say(said.splitlines()[0])
        subprocess.run(["unzip", "-q", f"{scratch}/autograder.zip", "-d", str(source)], check=True)
    shutil.copy(source / "run_autograder", root / "autograder" / "run_autograder")
    source.chmod(0o700)


def graded(root, folder, memory_mb, cores, minutes, place):
    """(how one run ended, its results) in a copy of the root that is gone afterwards."""
    for name in ("upper", "work", "root"):
        (place / name).mkdir(parents=True)
    own = place / "root"
    layers = f"lowerdir={root},upperdir={place / 'upper'},workdir={place / 'work'}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(own)], check=True)
    try:
        shutil.copytree(folder, own / "autograder" / "submission", dirs_exist_ok=True)
        told = json.loads((own / "autograder/source/settings.json").read_text())
        (own / "autograder/source/settings.json").write_text(json.dumps(told | {"minutes": minutes}))
        (own / "autograder/submission_metadata.json").write_text(json.dumps({"id": 1, "users": [{"name": "Ada"}]}))
        with group(memory_mb, cores) as groups:
            ended = run_in(own, SCRIPT, groups=groups, timeout=60 * minutes)
        found = json.loads((own / "autograder/results/results.json").read_text())
    finally:
        subprocess.run(["umount", str(own)], check=True)
    jsonschema.validate(found, SCHEMA)
    return ended, found


def checked(found):
    """End with what the hostile notebook says that it reached; that it ran is seen by the error that it ends with."""
    if "it was all tried" not in found["output"] or "reached:" in found["output"]:
        raise SystemExit(f"the hostile notebook: {found['output']}")


def tally(found):
    """How many tests there are of each kind."""
    kinds = [test["extra_data"]["status"] for test in found["tests"]]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))


def main():
    """Play all cases, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rubric", default="cs155-2023-set4")
    parser.add_argument("--only", default="", help="names of cases, by commas")
    told = parser.parse_args()
    kept = os.environ.get("GRADER_ROOT")
    base = Path(kept or tempfile.mkdtemp(prefix="grader-container-", dir="/var/tmp"))  # noqa: S108
    base.mkdir(parents=True, exist_ok=True)
    table = Table("submission", "MB", "cores", "score", "tests", "peak MB", "s")
    try:
        root = made_root(told.rubric, base)
        rubric = load_rubric(told.rubric)
        with tempfile.TemporaryDirectory(dir=base) as scratch:
            for name, folder, memory_mb, cores, minutes in cases(rubric, Path(scratch)):
                if told.only and name not in told.only.split(","):
                    continue
                run, found = graded(root, folder, memory_mb, cores, minutes, Path(scratch) / f"{name} run")
                assert isinstance(run, Ended)
                row = (memory_mb, cores, found["score"], tally(found), f"{run.peak_mb:,.0f}", f"{run.seconds:,.0f}")
                table.add_row(name, *map(str, row))
                say(name, *row)
                for test in found["tests"]:
                    if test["extra_data"]["status"] == "error":
                        say("   ", test["number"], test["output"].splitlines()[0])
                if name == "hostile":
                    checked(found)
    except GraderError as error:
        sys.exit(str(error))
    finally:
        if not kept:
            shutil.rmtree(base, ignore_errors=True)
    say(table)


if __name__ == "__main__":
    main()
