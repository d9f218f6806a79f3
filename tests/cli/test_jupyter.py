"""`%load_ext grader` and `%%check` in a real kernel: the cell's network is judged, and its part of the page shown."""

import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from grader.jupyter.cells import Cell, Cells
from grader.rubric import load_rubric
from grader.rubric.edition import ENDING, edition_text, student_edition

ROOT = Path(__file__).resolve().parents[2]
DATA = """
import torch
from sklearn.datasets import load_digits
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
train = torch.utils.data.TensorDataset(x[:1437], y[:1437])
"""
TRAINED = """
from torch import nn
model = nn.Sequential(nn.Linear(64, {units}), nn.ReLU(), nn.Linear({units}, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
loader = torch.utils.data.DataLoader(train, batch_size=32, shuffle=True)
for epoch in range(2):
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
print("Test accuracy:", (model(x[1437:]).argmax(1) == y[1437:]).float().mean().item())
"""


class Notebook:
    """A kernel, and what its cells put out."""

    def __init__(self, folder: Path) -> None:
        self.manager = KernelManager()
        self.manager.start_kernel(cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, code: str, cell: str) -> tuple[str, str]:
        """(what was printed and said of errors, what is shown as HTML)."""
        message = self.client.session.msg("execute_request", {"code": code, "silent": False, "store_history": True})
        message["metadata"]["cellId"] = cell
        self.client.shell_channel.send(message)
        printed, shown = "", ""
        while True:
            found = self.client.get_iopub_msg(timeout=400)
            if found["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            content = found["content"]
            if found["msg_type"] == "status" and content["execution_state"] == "idle":
                return printed, shown
            printed += content.get("text", "") if found["msg_type"] == "stream" else ""
            printed += "\n".join(content["traceback"]) if found["msg_type"] == "error" else ""
            if found["msg_type"] in ("execute_result", "display_data"):
                shown += content["data"].get("text/html", "")

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.mark.kernel
def test_a_cell_is_checked_where_it_runs(tmp_path):
    (tmp_path / f"demo{ENDING}").write_text(edition_text(student_edition(load_rubric("demo"))))
    notebook = Notebook(tmp_path)
    try:
        notebook.run(DATA, "data")  # before the extension is there
        notebook.run("%load_ext grader", "load")
        printed, page = notebook.run(f"%%check 2A --no-retrain\n{TRAINED.format(units=64)}", "net")
        assert "Test accuracy: 0." in printed  # the cell ran, and printed as ever
        assert page.startswith('<iframe title="Feedback to problem 2A"')
        assert "could not read" not in page
        assert "64 hidden units; allowed: at most 40" in page and "24 units must go" in page
        printed, page = notebook.run(f"%%check 2a --no-retrain\n{TRAINED.format(units=40)}", "net")
        assert "40 hidden units; allowed: at most 40" in page and "64 hidden" not in page
        assert "States 0." in page  # what the cell printed is what it reports
        assert "no problem 9Z" in notebook.run("%check 9Z", "wrong")[0]
        assert "asks for no network" in notebook.run("%check 1A", "answer")[0]
        assert "Write: %%check 3B" in notebook.run("%check", "nothing")[0]
        printed, page = notebook.run("%%check 2A --no-retrain\n1 / 0", "net")
        assert "ZeroDivisionError" in printed and not page
    finally:
        notebook.close()


def test_a_cell_that_runs_again_takes_its_own_place():
    cells = Cells(["import torch", "%load_ext grader"])
    cells.ran("a", Cell(code="x = 1"))
    cells.ran("b", Cell(code="%%check 3B\nx = 2", problem="3B", printed="2"))
    cells.ran("a", Cell(code="x = 3"))
    cells.ran("c", Cell(code="import torch"))  # a cell from before, now with its id
    cells.ran("d", Cell(code="y = 1"))
    cells.failed("d")
    sources = [cell.source for cell in cells.notebook("3B").cells]
    assert sources == ["# Problem 3B", "x = 2", "x = 3", "import torch"]
    assert [cell.source for cell in cells.notebook("3C").cells][0] == "# Problem 3C"


@pytest.mark.kernel
def test_to_import_the_grader_imports_nothing_heavy():
    code = "import sys, grader; print([m for m in ('torch', 'pydantic', 'nbformat') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
