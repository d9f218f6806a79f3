"""A student of set 4: gets the folder, looks at the report in a terminal, mends a network in Chromium's JupyterLab.

`make student` runs it. Each step is printed with what was seen, and the first that isn't as it should be ends it.
It needs JupyterLab, Playwright, Chromium, and MNIST in the folder that GRADER_DATA names.
"""

import argparse
import gzip
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
GRADER = [sys.executable, "-c", "from grader.cli import main; main()"]
MINUTES = 60_000  # milliseconds
REPORT = """# Set 4

# Problem 4B

The layer has 600 parameters, and its output shape is 28x28x8.
"""
DATA = """
import torch
from torch import nn
from torchvision import datasets, transforms
train = datasets.MNIST({data!r}, train=True, transform=transforms.ToTensor())
test = datasets.MNIST({data!r}, train=False, transform=transforms.ToTensor())
loader = torch.utils.data.DataLoader(train, batch_size=128, shuffle=True)
"""
NETWORK = """%%check 3B
model = nn.Sequential(nn.Flatten(), nn.Linear(784, {units}), nn.ReLU(), nn.Linear({units}, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.0005)
for epoch in range(1):
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
scored = torch.utils.data.DataLoader(test, batch_size=1000)
right = sum((model(images).argmax(1) == labels).sum().item() for images, labels in scored)
print("Test accuracy:", right / len(test))"""
# What no student may see, of what the rubric knows of the answers that were handed in.
NEVER = ("608", "has a bias as well", "counts the weights")


def say(line: str) -> None:
    """To whoever looks on, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def expect(step: str, seen: str, *words: str) -> None:
    """Print a step; end where a word isn't seen, or one is that never may be."""
    plain = " ".join(seen.split())
    missing = [word for word in words if word not in plain]
    told = [word for word in NEVER if word in plain]
    say(f"{'FAIL' if missing or told else 'ok  '} {step}")
    for word in words:
        say(f"       {'missing' if word in missing else 'seen'}: {word}")
    if missing or told:
        sys.exit(f"told: {told}; what was seen:\n{seen}")


def handed_out(folder: Path, data: str) -> None:
    """The course's folder, and the student's files in it."""
    starter = folder.with_name("starter")
    starter.mkdir()
    (starter / "report.md").write_text(REPORT)
    cells = ["%load_ext grader", DATA.format(data=data).strip(), NETWORK.format(units=101)]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code) for code in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, starter / "set4_3B.ipynb")
    built = run("student", "build", "cs155-2023-set4", "--out", str(folder), "--starter", str(starter))
    names = " ".join(sorted(path.name for path in folder.iterdir()))
    expect("the course builds the folder", built + names, "Hand out this folder", "cs155-2023-set4.grader.yaml")
    expect("the edition", (folder / "cs155-2023-set4.grader.yaml").read_text(), "at_least: 0.975", "read_as: number")


def unpacked(data: Path, place: Path) -> str:
    """MNIST as torchvision looks for it at home: unpacked. It says where."""
    raw = place / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (data / "MNIST" / "raw").glob("*ubyte*"):
        content = file.read_bytes()
        (raw / file.name.removesuffix(".gz")).write_bytes(gzip.decompress(content) if file.suffix == ".gz" else content)
    return str(place)


def run(*arguments: str, cwd: Path | None = None) -> str:
    """What a command prints."""
    done = subprocess.run([*GRADER, *arguments], capture_output=True, text=True, cwd=cwd, check=False, timeout=900)
    if done.returncode not in (0, 1):
        sys.exit(f"grader {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """JupyterLab in a folder; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    settings = [f"--ServerApp.port={port}", f"--IdentityProvider.token={token}", "--ServerApp.open_browser=False"]
    settings += ["--ServerApp.allow_root=True"]
    with open(folder.with_name("jupyterlab.log"), "w") as log:
        server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *settings], cwd=folder, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(120):
                try:
                    urlopen(f"{address}/api?token={token}", timeout=5).close()
                    break
                except (URLError, OSError):
                    time.sleep(1)
            yield f"{address}/lab/tree/set4_3B.ipynb?token={token}"
        finally:
            server.terminate()
            server.wait(timeout=60)


def feedback(page: Page, words: str, pictures: Path) -> str:
    """The text of the feedback that is shown, once it has these words."""
    frame = page.frame_locator('iframe[title="Feedback to problem 3B"]')
    try:
        frame.get_by_text(words).first.wait_for(timeout=8 * MINUTES)
    except PlaywrightError:
        page.screenshot(path=pictures / "stuck.png")
        outputs = page.locator(".jp-OutputArea-output").all_inner_texts()
        sys.exit(f"no feedback came; {pictures / 'stuck.png'} shows the page, whose outputs are:\n{outputs}")
    return frame.locator("body").inner_text()


def in_the_browser(address: str, pictures: Path) -> None:
    """Run all cells, read the feedback, mend the network, read it again."""
    with sync_playwright() as playing:
        browser = playing.chromium.launch(
            executable_path=shutil.which("chromium") or "/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1500})
        page.goto(address, timeout=3 * MINUTES)
        editors = page.locator(".jp-Notebook .jp-CodeCell .cm-content")
        editors.nth(2).wait_for(timeout=3 * MINUTES)
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=3 * MINUTES)
        editors.nth(0).click()
        for _ in range(3):
            page.keyboard.press("Shift+Enter")
        seen = feedback(page, "101 hidden units", pictures)
        expect("a network that is too wide", seen, "101 hidden units; allowed: at most 100", "1 unit must go")
        page.screenshot(path=pictures / "too-wide.png")
        editors.nth(2).click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(NETWORK.format(units=100))
        page.keyboard.press("Control+Enter")
        seen = feedback(page, "100 hidden units; allowed: at most 100", pictures)
        expect(
            "mended, trained for one epoch",
            seen,
            "100 hidden units",
            "trainings reach 0.975",
            "after one epoch: train longer",
        )
        if "use more" in seen or "more hidden units" in seen:
            sys.exit("a network with 100 of 100 units was told to use more")
        page.screenshot(path=pictures / "mended.png")
        browser.close()


def main() -> None:
    """The whole story."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, default=Path("student-pictures"), help="where screenshots are written")
    pictures = parser.parse_args().pictures
    data = os.environ.get("GRADER_DATA", "")
    if not (Path(data) / "MNIST" / "raw").is_dir():
        sys.exit("GRADER_DATA must name the folder that holds MNIST/raw")
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="student-") as scratch:
        folder = Path(scratch) / "set4"
        handed_out(folder, unpacked(Path(data), Path(scratch) / "data"))
        seen = run("check", "--no-retrain", cwd=folder)
        expect("the terminal says what was read", seen, "We read 600 as your answer to 4B.", "We read 28x28x8")
        with jupyterlab(folder) as address:
            in_the_browser(address, pictures)
    say(f"Screenshots: {pictures}/")


if __name__ == "__main__":
    main()
