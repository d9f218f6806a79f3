"""Data sets: read from plain and gzipped idx files, and clear words when a file is missing or broken."""

import gzip
import hashlib
import os
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from grader.core.errors import MachineError
from grader.datasets import COUNTS, load_dataset, served

NAMES = {
    "train-images-idx3-ubyte": (60, 28, 28),
    "train-labels-idx1-ubyte": (60,),
    "t10k-images-idx3-ubyte": (10, 28, 28),
    "t10k-labels-idx1-ubyte": (10,),
}
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def idx(shape, magic=b"\0\0\x08"):
    values = np.arange(np.prod(shape), dtype=np.int64) % (251 if len(shape) > 1 else 10)
    return magic + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + values.astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of a few images in MNIST's files; the cache is another."""
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, shape in NAMES.items():
        (raw / name).write_bytes(idx(shape))
    (raw / COUNTS).write_text('{"train": 60, "test": 10}')
    monkeypatch.setenv("GRADER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GRADER_CACHE", str(tmp_path / "cache"))
    return raw


def pack(path):
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 1))
    path.unlink()


def test_plain_files_are_read_where_they_are(folder, tmp_path):
    data = load_dataset("mnist")
    assert data.train.images.shape == (60, 28, 28) and data.test.labels.shape == (10,)
    assert data.train.images[0, 1, :3].tolist() == [28, 29, 30]
    assert isinstance(data.train.images, np.memmap)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("packed", [NAMES, ["t10k-labels-idx1-ubyte"]], ids=["all packed", "one packed"])
def test_packed_files_are_unpacked_once(packed, folder, tmp_path):
    plain = load_dataset("mnist")
    expected = {"images": np.array(plain.train.images), "labels": np.array(plain.test.labels)}
    for name in packed:
        pack(folder / name)
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: served("mnist")["mnist"], range(8)))) == 1
    files = sorted(path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert [path.name for path in files] == sorted(NAMES)
    written = [path.stat().st_mtime_ns for path in files]
    data = load_dataset("mnist")
    assert np.array_equal(data.train.images, expected["images"])
    assert np.array_equal(data.test.labels, expected["labels"])
    assert [path.stat().st_mtime_ns for path in files] == written


def test_a_changed_file_is_unpacked_anew(folder):
    for name in NAMES:
        pack(folder / name)
    first = served("mnist")
    os.utime(folder / "t10k-labels-idx1-ubyte.gz", (2e9, 2e9))
    assert served("mnist") != first


LABELS = "t10k-labels-idx1-ubyte"
# name: (what becomes of the file, what is said)
BROKEN = {
    "missing": (lambda path: path.unlink(), f"holds no MNIST/raw/{LABELS} (plain or .gz)"),
    "empty": (lambda path: path.write_bytes(b""), "is no idx file"),
    "cut within its head": (lambda path: path.write_bytes(idx((10,))[:6]), "is no idx file"),
    "cut": (lambda path: path.write_bytes(idx((10,))[:-1]), "holds 9 bytes for a shape of (10,)"),
    "of another type": (lambda path: path.write_bytes(idx((10,), b"\0\0\x0d")), "is no idx file"),
    "of another rank": (lambda path: path.write_bytes(idx((2, 5))), "is no idx file"),
    "of another count": (lambda path: path.write_bytes(idx((9,))), "MNIST has 10 here"),
    "of no samples": (lambda path: path.write_bytes(idx((0,))), "holds no samples"),
    "of a class that isn't one": (lambda path: path.write_bytes(idx((10,))[:-1] + b"\x0a"), "holds a class 10"),
    "a part of the data that doesn't say so": (
        lambda path: path.with_name(COUNTS).unlink(), "holds 60 labels to train with; MNIST has 60000 here"
    ),
    "a part of another size": (
        lambda path: path.with_name(COUNTS).write_text('{"train": 60, "test": 11}'), "MNIST has 11 here"
    ),
    "a count that is none": (lambda path: path.with_name(COUNTS).write_text("[]"), "is no count of samples"),
    "a web page": (lambda path: path.write_bytes(b"<html>not found</html>"), "is no idx file"),
    "a cut archive": (
        lambda path: (pack(path), cut(path.with_name(path.name + ".gz"))), "can't be unpacked"
    ),
    "no archive": (
        lambda path: (path.unlink(), path.with_name(path.name + ".gz").write_bytes(b"<html>")), "can't be unpacked"
    ),
    "a damaged archive": (
        lambda path: (pack(path), damage(path.with_name(path.name + ".gz"))), "can't be unpacked"
    ),
}  # fmt: skip


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def damage(path):
    content = bytearray(path.read_bytes())
    content[20:30] = bytes(10)
    path.write_bytes(content)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_the_machines_fault_and_named(name, folder, tmp_path):
    change, said = BROKEN[name]
    change(folder / LABELS)
    with pytest.raises(MachineError) as caught:
        load_dataset("mnist")
    error = caught.value
    assert said in error.found
    assert str(tmp_path) in error.where and error.hint
    assert not list((tmp_path / "cache").rglob("*.part*"))


@pytest.mark.kernel
def test_a_download_that_fails_says_what_to_do(tmp_path):
    environment = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    environment |= {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    environment |= {"GRADER_CACHE": str(tmp_path)}
    environment.pop("GRADER_DATA", None)
    script = "from grader.datasets import load_dataset; load_dataset('mnist')"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert "MachineError" in done.stderr and "can't be downloaded" in done.stderr
    assert "export GRADER_DATA=" in done.stderr


def test_digits_are_split_by_writer_and_whole():
    from sklearn.datasets import load_digits

    data, whole = load_dataset("digits"), load_digits()
    assert data.maximum == 16
    assert np.array_equal(np.concatenate([data.train.images, data.test.images]), whole.images)
    assert np.array_equal(np.concatenate([data.train.labels, data.test.labels]), whole.target)
    assert len(data.train.labels) == 1437


@pytest.mark.mnist
def test_the_real_mnist():
    if not os.environ.get("GRADER_DATA"):
        pytest.skip("GRADER_DATA names no folder with MNIST")
    folder = served("mnist")["mnist"] / "MNIST" / "raw"
    assert {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in NAMES} == MD5
    data = load_dataset("mnist")
    for split, images, labels in ((data.train, 60_000, "train"), (data.test, 10_000, "t10k")):
        assert split.images.shape == (images, 28, 28) and split.labels.shape == (images,)
        assert split.images.tobytes() == (folder / f"{labels}-images-idx3-ubyte").read_bytes()[16:]
        assert split.labels.tobytes() == (folder / f"{labels}-labels-idx1-ubyte").read_bytes()[8:]


@pytest.mark.mnist
def test_a_notebooks_mnist_is_the_graders(tmp_path, sandbox, kernels):
    if not os.environ.get("GRADER_DATA"):
        pytest.skip("GRADER_DATA names no folder with MNIST")

    import nbformat

    from grader.core.limits import Limits
    from grader.execution import run_notebook
    from grader.observation.findings import read_variables

    cell = """
import hashlib, torch
from torchvision.datasets import MNIST
class Mine(MNIST): pass
found = []
for data in (MNIST("/content/drive/MyDrive", True, None, None, True), Mine("data", train=False, download=True)):
    found += [hashlib.md5(data.data.numpy().tobytes()).hexdigest()]
    found += [hashlib.md5(bytes(data.targets.tolist())).hexdigest()]
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    artefact = run_notebook(
        notebook, tmp_path, sandbox, Limits(), data=served("mnist"), variables=(("found",),), warm=kernels
    )
    data = load_dataset("mnist")
    host = [array.tobytes() for split in (data.train, data.test) for array in (split.images, split.labels)]
    assert read_variables(artefact.variables)["found"] == [hashlib.md5(content).hexdigest() for content in host]
