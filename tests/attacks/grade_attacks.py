"""Grades one class of attacks under one layer, in a process of its own, and writes down what happened around each.

The argument is JSON: `layer`, `base` (an empty folder of its own), `attacks` (names). Writes `base/facts.json`.
"""

import hashlib
import json
import os
import re
import secrets
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path

import psutil
from cells import HERE, hand_in

from grader.datasets import load_dataset
from grader.execution import Sandbox, try_layer
from grader.rubric import load_rubric
from grader.tools import Data, Tools

sys.path.append(str(HERE.parent / "support"))
from classes import graded_folder  # noqa: E402

RIGHT = "# Problem 1A\n\nThe layer has 60 parameters.\n"
HONEST_EVERY = 25  # a full honest submission instead of a report alone


class Ears:
    """Sockets on which nobody may be heard."""

    def __init__(self, base: Path, mark: str) -> None:
        self.heard: list[str] = []
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.agent, self.abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        self.agent.bind(str(base / "agent.sock"))
        self.abstract.bind(f"\0{mark}")
        self.agent.listen()
        self.abstract.listen()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        names = ("tcp", "udp", "agent", "abstract")
        with selectors.DefaultSelector() as selector:
            for name in names:
                selector.register(getattr(self, name), selectors.EVENT_READ, name)
            while True:
                for key, _ in selector.select():
                    if key.data == "udp":
                        self.udp.recv(1000)
                    else:
                        key.fileobj.accept()[0].close()
                    self.heard.append(f"the harness's {key.data} socket was reached")


class Memory:
    """The most memory that this process held since it was last asked."""

    def __init__(self) -> None:
        self.rss, self.most = psutil.Process().memory_info, 0
        self.before = self.rss().rss
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self.most = max(self.most, self.rss().rss)
            time.sleep(0.02)  # four classes are graded side by side, and each looks as often

    def grown(self) -> float:
        """In MB above what it was when it was last asked."""
        grown = (max(self.most, self.rss().rss) - self.before) / 2**20
        self.before = self.most = self.rss().rss
        return grown


class World:
    """The grader's surroundings: secrets, canaries, listeners, and the class itself."""

    def __init__(self, base: Path, layer: str, attacks: list[str]) -> None:
        self.base = base
        self.mark = f"attack-{secrets.token_hex(6)}"
        self.flag = f"success-{secrets.token_hex(8)}"
        self.secrets = {
            place: f"secret-{place}-{secrets.token_hex(8)}"
            for place in ("rubric", "variable", "other", "beside", "home")
        }
        self.secrets["environment"] = os.environ["GRADER_ATTACK_SECRET"]
        text = (HERE / "rubric.yaml").read_text(encoding="utf-8")
        text = text.replace("SECRET", self.secrets["rubric"]).replace("HIDDEN_NAME", self.secrets["variable"])
        (base / "rubric.yaml").write_text(text, encoding="utf-8")
        (base / "beside.txt").write_text(self.secrets["beside"], encoding="utf-8")
        self.home = base / "home"
        for name in (".ssh/id_ed25519", ".netrc", ".bashrc"):
            (self.home / name).parent.mkdir(parents=True, exist_ok=True)
            (self.home / name).write_text(f"# {self.secrets['home']}\n", encoding="utf-8")
        os.environ["HOME"] = str(self.home)
        self.ears = Ears(base, self.mark)
        self.bases: list[str] = []
        self._watch_folders()
        self.package = Path(sys.modules["grader"].__path__[0])
        self.site = next(Path(p) for p in sys.path if p.endswith("site-packages"))
        self.own = {}
        for number, name in enumerate(self._order(attacks)):
            self._hand_in(f"{number:03}-{name}", layer)
        self.places = [
            base, base / "class", base / "results", self.home, self.package, self.package.parent, self.site,
            *map(Path, (sys.prefix, "/tmp", "/var/tmp", "/dev/shm", "/dev", "/etc", "/etc/cron.d", "/etc/profile.d")),
            *map(Path, ("/usr/local/bin", "/var/spool/cron", "/sys/fs/cgroup", "/")),
        ]  # fmt: skip
        self.seen: set[str] = set()
        self.read: dict[Path, tuple[tuple[int, ...], str]] = {}

    @staticmethod
    def _order(attacks: list[str]) -> list[str]:
        """The attacks with an honest submission after each."""
        order = ["warm", "full", "empty"]  # the first run waits for the disk, and is not judged
        for number, name in enumerate(attacks, 1):
            order += [name, "full" if number % HONEST_EVERY == 0 or number == len(attacks) else "text"]
        return order

    def _hand_in(self, folder: str, layer: str) -> None:
        name = folder.partition("-")[2]
        target = self.base / "class" / folder
        note = f"\nMy own words: {self.secrets['other']}\n"
        if name == "text":
            target.mkdir()
            (target / "report.md").write_text(RIGHT + note, encoding="utf-8")
        elif name in ("warm", "full"):
            hand_in((HERE / "honest.py").read_text(encoding="utf-8"), target, None, RIGHT + note)
        elif name == "empty":
            hand_in("pass", target, None, "# Problem 1A\n")
        else:
            self.own[folder] = f"secret-mine-{secrets.token_hex(8)}"
            source = (HERE / "suite" / f"{name}.py").read_text(encoding="utf-8")
            hand_in(source, target, self.known(folder), "# Problem 1A\n")

    def known(self, folder: str) -> dict[str, object]:
        """What the attacker knows: where everything is."""
        base = self.base
        return {
            "base": str(base), "rubric": str(base / "rubric.yaml"), "other": str(base / "class/001-full/report.md"),
            "class": str(base / "class"), "results": str(base / "results"), "beside": str(base / "beside.txt"),
            "home": str(self.home), "package": str(self.package), "site": str(self.site), "grader": os.getpid(),
            "tcp": self.ears.tcp.getsockname()[1], "udp": self.ears.udp.getsockname()[1],
            "agent": str(base / "agent.sock"), "abstract": self.mark, "mark": f"{self.mark}-{folder}",
            "flag": self.flag, "mine": self.own[folder], "me": folder,
        }  # fmt: skip

    def _watch_folders(self) -> None:
        """Remember the folders in which notebooks run: they must be gone afterwards."""
        make = tempfile.mkdtemp

        def watched(*args: object, **kwargs: object) -> str:
            self.bases.append(make(*args, **kwargs))  # type: ignore[arg-type]
            return self.bases[-1]

        tempfile.mkdtemp = watched  # type: ignore[assignment]

    def files(self) -> dict[str, str]:
        """Everything that no notebook may change, with its content and its mode.

        What the kernel says was not changed, by a time that no process can set, is not read again.
        """
        found = {}
        for root in ("class", "results", "home", "beside.txt", "rubric.yaml"):
            for path in (self.base / root, *(self.base / root).rglob("*")):
                stat = path.lstat()
                state = stat.st_ino, stat.st_size, stat.st_ctime_ns
                if self.read.get(path, ((), ""))[0] != state:
                    content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
                    self.read[path] = state, hashlib.sha256(content).hexdigest()
                found[str(path.relative_to(self.base))] = f"{stat.st_mode:o} {self.read[path][1]}"
        for path in ("/etc/passwd", "/etc/crontab", "/etc/ld.so.preload"):
            with suppress(OSError):
                found[path] = str(os.stat(path).st_mtime_ns)
        return found

    def marked(self) -> list[str]:
        """New files that an attack made outside its folder, and folders of notebooks that still stand."""
        found = [str(path) for place in self.places if place.is_dir() for path in place.glob(f"{self.mark}*")]
        found += [base for base in self.bases if os.path.lexists(base)]
        new = [path for path in dict.fromkeys(found) if path not in self.seen]
        self.seen.update(new)
        return new

    def processes(self) -> list[str]:
        """What still runs of notebooks that have ended; it is ended, so that it is counted once."""
        homes = {f"{base}/run" for base in self.bases}
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                line = process.cmdline()
                if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                    continue
                environment = {}
                with suppress(psutil.Error):
                    environment = process.environ()
                if any(self.mark in part for part in line if len(part) < 200) or environment.get("HOME") in homes:
                    found.append(f"process {process.pid} goes on: {' '.join(line)[:80]}")
                    process.kill()
        return found

    def clean(self) -> None:
        """Remove what attacks left outside."""
        for path in map(Path, self.seen):
            if path.is_dir() and not path.is_symlink():
                subprocess.run(["rm", "-rf", str(path)], check=False)  # however deep it is
            else:
                path.unlink(missing_ok=True)


class Diary:
    """Told of each submission that begins, it writes down what the one before has done."""

    def __init__(self, world: World) -> None:
        self.world, self.facts = world, {}
        self.memory = Memory()
        self.current, self.started = "", time.monotonic()
        self.files = world.files()

    def say(self, text: str) -> None:
        """The grader's progress."""
        begins = re.fullmatch("grading (.*)", text)
        if begins:
            self.end()
            sys.stderr.write(f"{begins[1]}\n")  # shown when this process itself does not survive
            self.current, self.started = begins[1], time.monotonic()
            self.files = self.world.files()
            self.memory.grown()

    def end(self, crash: str = "") -> None:
        """The submission that was graded until now has ended."""
        name, self.current = self.current, ""
        if not name:
            return
        seconds, grown = time.monotonic() - self.started, self.memory.grown()
        files = self.world.files()
        of_class = ("gradebook.csv", "standings.json", "grades.db", "class.html")
        mine = (f"results/{name}", *(f"results/{file}" for file in of_class))
        changed = [
            f"{path} was changed"
            for path in self.files.keys() | files.keys()
            if self.files.get(path) != files.get(path) and not path.startswith(mine) and path != "results"
        ]
        results = self.world.base / "results" / name
        texts = {p.name: p.read_text(encoding="utf-8") for p in results.iterdir()} if results.is_dir() else {}
        whole, page = "".join(texts.values()), texts.get("feedback.html", "")
        leaks = {**self.world.secrets, **{f"{k}'s note": v for k, v in self.world.own.items() if k != name}}
        if name.endswith(("-warm", "-full", "-text", "-empty")):
            leaks = {}
        self.facts[name] = {
            # The record is for those who grade, and says which variables they asked for.
            "leaked": [
                f"the secret of {place} is in its results"
                for place, s in leaks.items()
                if s in (page if place == "variable" else whole)
            ]
            + (["it did what must not work"] if self.world.flag in whole else []),
            "heard": [self.world.ears.heard.pop(0) for _ in range(len(self.world.ears.heard))],
            "changed": changed + [f"{path} stays" for path in self.world.marked()],
            "stayed": self.world.processes(),
            "memory": round(grown, 1),
            "seconds": round(seconds, 2),
            "crash": crash,
            "grade": json.loads(texts.get("grade.json", "null")),
        }


def main() -> None:
    """Grade the class; when an attack ends the grader's own run, that is a fact too, and the rest goes on."""
    told = json.loads(sys.argv[1])
    base, layer = Path(told["base"]), told["layer"]
    sandbox = try_layer(layer)
    if not isinstance(sandbox, Sandbox):
        (base / "facts.json").write_text(json.dumps({"refused": sandbox}), encoding="utf-8")
        return
    (base / "results").mkdir()
    (base / "class").mkdir()
    started = time.monotonic()
    world = World(base, layer, told["attacks"])
    diary = Diary(world)
    rubric = load_rubric(base / "rubric.yaml")
    tools = Tools(sandbox=sandbox, data=Data(lambda: (load_dataset("digits"), "")), say=diary.say)
    while any((base / "class").iterdir()):
        try:
            graded_folder(base / "class", rubric, base / "results", tools)
            diary.end()
            break
        except Exception:
            crashed = diary.current
            diary.end(traceback.format_exc(limit=-3))
            for path in (base / "class").iterdir():
                if path.name <= crashed:
                    shutil.rmtree(path)
            diary.files = world.files()
    world.clean()
    facts = {"submissions": diary.facts, "seconds": round(time.monotonic() - started, 1)}
    (base / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


if __name__ == "__main__":
    main()
