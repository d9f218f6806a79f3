"""Hostile submissions among honest ones, under every layer that this machine offers.

Each file in `suite` is one attack. A class of them is graded once for each layer; what happened around each attack was
written down (`grade_attacks.py`) and is judged here: nothing leaked, nothing outside changed, nobody was reached, no
process stayed, the grader's memory did not grow, the points are those of an empty notebook, and the next submission
is graded as usual.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cells import HERE, attacks, words

from grader.execution import SANDBOX_LAYERS, try_layer

pytestmark = pytest.mark.deep

_MEMORY_MB = 64
_SECONDS, _STARTS = 40, 5  # the 30 s of a notebook, its start and its end; and what an honest one takes on this machine
_OWN_FAULTS = ("NameError:", "SyntaxError:", "IndentationError:", "AttributeError:", "TypeError:", "ImportError:")
_OTHER_USER = 1000

# What a layer honestly does not stop. An attack that stands here and is stopped fails: the table stays true.
OPEN: dict[str, dict[str, str]] = {
    "jail": {},
    "uid": {},
    "landlock": {
        "collude_a_leave": "shared memory is writable by every notebook",
        "collude_b_find": "shared memory is writable by every notebook",
        "memory_folders": "shared memory is writable by every notebook",
        "net_unix_socket": "sockets in the file system that the same user owns can be reached",
        "write_shared_memory": "shared memory is writable by every notebook",
    },
    "limits": {},
}

# Under `limits` a notebook may do whatever the grader's user may. Only families that can't harm this machine run there,
# and must be stopped there too; the others (read, write, net, proc, sys, pip, collude, memory) would succeed or worse.
_HARMLESS = ("break", "files", "flood", "findings", "verdict")

# An attack on the verdict hands in a network: it gets what that network deserves, and never a pass for its accuracy.
_SMALL = {"layers": "passed", "hidden units": "passed", "parameters": "passed", "loss": "passed"}
_TRAINED_AGAIN = _SMALL | {"accuracy": "failed"}  # trained by the grader it falls short
_A_PERSON_DECIDES = _SMALL | {"accuracy": "manual", "reported": "manual"}
_NOT_COUNTED = {"loss": "passed", "hidden units": "manual", "parameters": "manual"}  # a part is no known layer
_TAMPERED = {
    "layers": "manual",
    "hidden units": "manual",
    "parameters": "manual",
    "loss": "passed",
    "accuracy": "manual",
    "reported": "manual",
}
# Something was handed in that nobody reads, such as a link, or what is reported of a network isn't in the notebook's
# code: a person looks, and nothing is earned.
_NOT_READ = dict.fromkeys(("layers", "hidden units", "parameters", "loss", "accuracy", "reported"), "manual")
_NOT_BOUND = _NOT_READ
_VARIABLES = ("secret value", "secret name")
# A limit of the grader's may end it: a person looks, and nothing is earned.
_REFUSED = ("memory_", "flood_giant_reply", "proc_", "break_descriptors")
DESERVED: dict[str, dict[str, str]] = {
    "findings_endless_recipe": _NOT_BOUND,
    "findings_evil_settings": _NOT_BOUND,
    "findings_forged_at_exit": _NOT_BOUND,
    "findings_forged_complete": _NOT_BOUND,
    "findings_forged_dead_code": _NOT_BOUND,
    "findings_forged_in_strings": _NOT_BOUND,
    "findings_forged_network": _NOT_BOUND,
    "findings_forged_recipe": _NOT_BOUND,
    "findings_forged_thread": _NOT_BOUND,
    "findings_huge_network": _NOT_BOUND,
    "findings_many_layers": _NOT_BOUND,
    "findings_negative_network": _NOT_BOUND,
    "read_handed_in_links": _NOT_READ,
    "verdict_buffers": _NOT_COUNTED,
    "verdict_claimed": _TRAINED_AGAIN,
    "verdict_forward_hook": _TAMPERED,
    "verdict_linear_subclass": _NOT_COUNTED,
    "verdict_loaded_weights": _A_PERSON_DECIDES,
    "verdict_parametrization": _TAMPERED,
    "verdict_patched_attributes": _NOT_BOUND,
    "verdict_patched_count": {"layers": "passed", "loss": "passed"},
    "verdict_patched_equality": _TRAINED_AGAIN,
    "verdict_patched_forward": _TAMPERED,
    "verdict_patched_loss": _TRAINED_AGAIN,
    "verdict_recognises_grader": _TRAINED_AGAIN,
    "verdict_replaced_linear": _TRAINED_AGAIN,
    "verdict_shared_storage": {"layers": "passed", "loss": "passed"},
    "verdict_stretched_tensor": _A_PERSON_DECIDES,
    "verdict_test_split": _TRAINED_AGAIN,
    "verdict_units_in_rows": _A_PERSON_DECIDES | {"hidden units": "manual"},
}


def cases():
    """Every attack under every layer where it may run; GRADER_ATTACKS names some of them, by commas."""
    only = os.environ.get("GRADER_ATTACKS", "").split(",")
    return [
        (name, layer)
        for layer in SANDBOX_LAYERS
        for name in attacks()
        if (layer != "limits" or name.startswith(_HARMLESS)) and (only == [""] or name in only)
    ]


class Class:
    """The facts of one graded class."""

    def __init__(self, facts):
        self.seconds, self.submissions = facts["seconds"], facts["submissions"]
        self.order = sorted(self.submissions)

    def find(self, name):
        """The submission of this name and the one after it."""
        (index,) = [i for i, key in enumerate(self.order) if key.partition("-")[2] == name]
        return self.submissions[self.order[index]], self.order[index + 1]

    def first(self, kind):
        """The first honest submission of a kind."""
        return next(fact for key, fact in sorted(self.submissions.items()) if key.endswith(f"-{kind}"))


def grade(layer, world):
    """Grade the class under a layer, in a process of its own, or say why the machine doesn't offer it."""
    other = layer == "landlock" and os.getuid() == 0
    if not other and isinstance(why := try_layer(layer), str):
        return why
    base = Path(world) / layer
    for folder in (base, base / "cache"):
        folder.mkdir()
    chosen = [name for name, where in cases() if where == layer]
    told = json.dumps({"layer": layer, "base": str(base), "attacks": chosen})
    argv = [sys.executable, "-W", "error", str(HERE / "grade_attacks.py"), told]
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(base),
        "LANG": "C.UTF-8",
        "GRADER_CACHE": str(base / "cache"),
        "MPLCONFIGDIR": str(base / "cache"),
        "GRADER_ATTACK_SECRET": f"secret-environment-{secrets.token_hex(8)}",
    }
    if other:
        for path in (Path(sys.executable), Path(sysconfig.get_path("stdlib")), HERE):
            closed = [p for p in (path, *path.resolve().parents) if not p.stat().st_mode & 0o001]
            if closed:
                return f"another user can't reach {closed[0]}"
        for folder in (base, base / "cache"):
            os.chown(folder, _OTHER_USER, _OTHER_USER)
        user = str(_OTHER_USER)
        argv = [shutil.which("setpriv") or "setpriv", "--reuid", user, "--regid", user, "--clear-groups", *argv]
    done = subprocess.run(argv, env=environment, cwd=base, capture_output=True, text=True, check=False)
    facts = base / "facts.json"
    assert facts.is_file(), f"the class could not be graded: {done.returncode}\n{done.stdout}\n{done.stderr[-3000:]}"
    if keep := os.environ.get("GRADER_ATTACK_FACTS"):
        shutil.copy(facts, Path(keep) / f"{layer}.json")
    found = json.loads(facts.read_text(encoding="utf-8"))
    return found["refused"] if "refused" in found else Class(found)


@pytest.fixture(scope="session")
def graded(request, world):
    """Gives the class of a layer. All layers are graded side by side, since most attacks do nothing but wait."""
    params = [getattr(item, "callspec", None) and item.callspec.params for item in request.session.items]
    asked = {known["layer"] for known in params if known and "layer" in known}
    with ThreadPoolExecutor() as threads:
        known = {layer: threads.submit(grade, layer, world) for layer in SANDBOX_LAYERS if layer in asked}

        def get(layer):
            found = known[layer].result()
            if isinstance(found, str):
                pytest.skip(f"{layer}: {found}")
            return found

        yield get


def statuses(facts):
    """How each check ended."""
    return {check["name"]: check["status"] for problem in facts["grade"]["problems"] for check in problem["checks"]}


def faults(name, found):
    """All that an attack achieved."""
    facts, following = found.find(name)
    faults = [*facts["leaked"], *facts["heard"], *facts["changed"], *facts["stayed"]]
    an_honest_one = max(fact["seconds"] for key, fact in found.submissions.items() if key.endswith("-full"))
    if facts["seconds"] > _SECONDS + _STARTS * an_honest_one:
        faults.append(f"grading it took {facts['seconds']:g} s")
    if name.startswith("flood") and facts["memory"] > _MEMORY_MB:
        faults.append(f"the grader's memory grew by {facts['memory']:g} MB")
    if facts["crash"]:
        return [*faults, f"the grader's run ended: {facts['crash']}"]
    if facts["grade"] is None:
        return [*faults, "it was not graded"]
    late = any("took longer than" in note for note in facts["grade"]["notes"])  # what would have come is not known
    expected = {**statuses(found.first("empty")), **(_NOT_READ if late else {}), **DESERVED.get(name, {})}
    # A kernel that is dead before it can be asked for variables leaves them to a person.
    either = {c: (s, "manual") if c in _VARIABLES and s == "failed" else (s,) for c, s in expected.items()}
    if name.startswith(_REFUSED):
        either = {c: (*statuses, "manual") for c, statuses in either.items()}
    faults += [f"“{c}” {s} instead of {expected[c]}" for c, s in statuses(facts).items() if s not in either[c]]
    if name not in DESERVED and facts["grade"]["score"] != found.first("empty")["grade"]["score"]:
        faults.append(f"it got {facts['grade']['score']:g} points")
    usual = found.first(following.partition("-")[2])
    after = found.submissions[following]
    if (
        after["grade"] is None
        or statuses(after) != statuses(usual)
        or after["grade"]["score"] != usual["grade"]["score"]
    ):
        faults.append("the next submission was not graded as usual")
    return faults


@pytest.mark.parametrize(("name", "layer"), cases())
def test_attack(name, layer, graded, record_property):
    record_property("attack", name)
    record_property("layer", layer)
    found = graded(layer)
    record_property(f"seconds {layer}", found.seconds)
    facts = found.find(name)[0]
    notes = [note for note in (facts["grade"] or {"notes": []})["notes"] if any(own in note for own in _OWN_FAULTS)]
    assert notes == [], "the attack itself is broken"
    achieved = faults(name, found)
    if name in OPEN[layer]:
        record_property("said", f"open: {OPEN[layer][name]}")
        assert achieved, f"{layer} stops it: take it off the table"
        return
    record_property("said", "; ".join(fault.splitlines()[-1] for fault in achieved))
    assert achieved == []


@pytest.mark.parametrize("layer", SANDBOX_LAYERS)
def test_honest_submissions_are_graded_as_they_deserve(layer, graded):
    found = graded(layer)
    first = statuses(found.first("full"))
    deserved = dict.fromkeys(first, "passed") | {"why": "manual"} | dict.fromkeys(_VARIABLES, "failed")
    full = [statuses(fact) for key, fact in found.submissions.items() if key.endswith("-full")]
    assert full == [deserved] * len(full)
    assert len(full) > 1
    assert found.first("empty")["grade"]["score"] == 0
    assert "error" not in statuses(found.first("empty")).values()


def test_the_suite_says_what_it_attacks():
    assert len(attacks()) >= 50
    assert [name for name in attacks() if not words(name)] == []
    assert {name for table in OPEN.values() for name in table} | DESERVED.keys() <= set(attacks())
