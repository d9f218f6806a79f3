"""CIFAR-10: its pickles are read without running what they say, and served under the names that they have."""

import pickle
import re

import numpy as np
import pytest
from served import errors
from small_data import drawn, small_dataset, write_dataset

from grader.core.errors import MachineError
from grader.datasets import load_dataset
from grader.guest.datasets import Unreadable
from grader.guest.datasets._pickles import read_pickle

DATA = np.arange(2 * 3072, dtype=np.int64).astype(np.uint8).reshape(2, 3072)
LABELS = [3, 9]


def by_python_2(data, labels):
    """As the file of 2009 was written: protocol 2, text and bytes are one type, NumPy's module of that time."""

    def text(value):
        return b"U" + bytes([len(value)]) + value

    raw = data.tobytes()
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85q\x03"
        + text(b"b")
        + b"q\x04\x87q\x05Rq\x06"
    )
    array += b"(K\x01K\x02M\x00\x0c\x86q\x07cnumpy\ndtype\nq\x08" + text(b"u1") + b"q\x09K\x00K\x01\x87q\x0aRq\x0b"
    array += b"(K\x03" + text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0cb\x89"
    array += b"T" + len(raw).to_bytes(4, "little") + raw + b"q\x0dtq\x0eb"
    numbers = b"]q\x0f(" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}q\x00(" + text(b"data") + array + text(b"labels") + numbers + b"u."


WRITTEN = {
    "Python 2": by_python_2(DATA, LABELS),
    **{f"protocol {n}": pickle.dumps({"data": DATA, "labels": LABELS}, protocol=n) for n in (2, 3, 4)},
    "keys of bytes": pickle.dumps({b"data": DATA, b"labels": LABELS}, protocol=4),
    "NumPy 1": pickle.dumps({"data": DATA, "labels": LABELS}, 2).replace(b"numpy._core", b"numpy.core"),
    "by columns": pickle.dumps({"data": np.asfortranarray(DATA), "labels": LABELS}, protocol=4),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_pickles_of_all_ages(name, tmp_path):
    (tmp_path / "batch").write_bytes(WRITTEN[name])
    found = read_pickle(tmp_path / "batch")
    assert np.array_equal(found["data"], DATA) and found["labels"] == LABELS
    assert found["data"].dtype == np.uint8


class Runs:
    """What `pickle.load` would run."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


def hostile(path):
    import os

    return {
        "a command": pickle.dumps(Runs(os.system, (f"touch {path}",))),
        "a command beside data": pickle.dumps({"data": DATA, "labels": Runs(os.system, (f"touch {path}",))}),
        "a command by protocol 0": f"cos\nsystem\n(S'touch {path}'\ntR.".encode(),
        "a command by INST": f"(S'touch {path}'\nios\nsystem\n.".encode(),
        "code": pickle.dumps(Runs(eval, (f"open({str(path)!r}, 'w')",))),
        "a name in parts": b"\x8c\x02os\x8c\x06system\x93.",
        "a name with dots": b"\x80\x04\x8c\x05numpy\x8c\x0bf2py.os.sys\x93.",
        "an attribute set": b"\x80\x02]}U\x01aK\x01sb.",
        "a number that is called": b"\x80\x02K\x01K\x02\x85R.",
        "objects in an array": pickle.dumps({"data": np.array([LABELS], object), "labels": LABELS}),
        "other numbers": pickle.dumps({"data": DATA.astype(np.int64), "labels": LABELS}),
        "too few bytes": WRITTEN["Python 2"].replace(b"M\x00\x0c", b"M\x01\x0c"),
        "an array of another kind": by_python_2(DATA, LABELS).replace(b"numpy\nndarray", b"numpy\nmatrix"),
        "a persistent id": b"P1\n.",
        "an extension": b"\x82\x01.",
        "no mark": b"t.",
        "a nested key": b"\x80\x02}))\x86" + b"q\x00h\x00\x86" * 60 + b"K\x01s.",
        "a nested argument": b"\x80\x02cnumpy\ndtype\n)" + b"q\x00h\x00\x86" * 60 + b"\x85R.",
        "nothing": b"",
        "no end": WRITTEN["Python 2"][:-1],
        "cut": WRITTEN["Python 2"][:3000],
        "a web page": b"<html>not found</html>",
        "memory that isn't there": b"h\x07.",
        "itself": b"\x80\x02]q\x00h\x00a.",
    }


@pytest.mark.parametrize("name", [*hostile("x")][:-1])
def test_nothing_is_run_and_what_is_odd_is_refused(name, tmp_path):
    (tmp_path / "batch").write_bytes(hostile(tmp_path / "ran")[name])
    with pytest.raises(Unreadable, match="is no pickle"):
        read_pickle(tmp_path / "batch")
    assert not (tmp_path / "ran").exists()


def test_a_list_in_itself_does_no_harm(tmp_path):
    (tmp_path / "batch").write_bytes(hostile("")["itself"])
    assert isinstance(read_pickle(tmp_path / "batch"), list)


BATCHES = {
    "no data": ({"labels": LABELS}, "holds no `data` of 3072 bytes an image"),
    "a list": ([1, 2], "holds no `data`"),
    "grey images": ({"data": DATA[:, :1024], "labels": LABELS}, "holds no `data` of 3072 bytes an image"),
    "no labels": ({"data": DATA}, "holds no `labels`"),
    "labels in words": ({"data": DATA, "labels": ["cat", "dog"]}, "holds no `labels`"),
    "a label too few": ({"data": DATA, "labels": [1]}, "holds 2 images and 1 labels"),
}


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_that_is_none_is_named(name, tmp_path):
    content, said = BATCHES[name]
    with small_dataset("cifar10", tmp_path):
        path = tmp_path / "cifar-10-batches-py" / "data_batch_2"
        path.write_bytes(pickle.dumps(content))
        with pytest.raises(MachineError, match=re.escape(said)) as caught:
            load_dataset("cifar10")
    assert caught.value.where == str(path)


def test_a_batch_that_is_missing_or_cut_short_is_an_error(tmp_path, monkeypatch):
    folder = write_dataset("cifar10", tmp_path, drawn("cifar10", 20, 1), drawn("cifar10", 10, 2))
    monkeypatch.setenv("GRADER_DATA", str(tmp_path))
    (folder / "counts.json").unlink()
    with pytest.raises(MachineError, match="holds 20 labels to train with; CIFAR-10 has 50000 here"):
        load_dataset("cifar10")


CASES = {
    "a batch by its name": """
        import pickle
        import numpy as np
        with open("data/cifar-10-batches-py/test_batch", "rb") as file: batch = pickle.load(file, encoding="latin1")
        assert same(batch["data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), "test", "images")
        assert same(batch["labels"], "test", "labels")
    """,
    "all of them from the archive": """
        import tarfile, urllib.request
        at = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
        urllib.request.urlretrieve(at, "cifar-10-python.tar.gz")
        with tarfile.open("cifar-10-python.tar.gz") as archive: archive.extractall("here", filter="data")
        def read(n): return pickle.load(open(f"here/cifar-10-batches-py/data_batch_{n}", "rb"), encoding="bytes")
        assert same(np.concatenate([read(n)["labels"] for n in range(1, 6)]), "train", "labels")
        assert pickle.load(open("batches.meta", "rb"))["label_names"][3] == "cat"
    """,
    "CIFAR-100 is another": """
        from torchvision import datasets
        try: datasets.CIFAR100("x", download=True)
        except Exception as error: assert type(error).__name__ == "DataSetMissing", error
        else: raise AssertionError("served")
    """,
    "labels that a notebook changes count": """
        import torch
        from torchvision import transforms as T
        train = datasets.CIFAR10("x", transform=T.ToTensor())
        loader = torch.utils.data.DataLoader(train, batch_size=len(train))
        (before, labels), = loader
        assert before.shape == (len(train), 3, 32, 32) and before.is_contiguous()
        assert all((before[i] == train[i][0]).all() for i in range(0, len(train), 9))
        train.targets[0], train.data[1] = 7, 0
        (after, changed), = loader
        assert changed[0] == 7 and not after[1].any() and (after[2:] == before[2:]).all()
    """,
}  # fmt: skip


@pytest.fixture(scope="module")
def ended(tmp_path_factory, sandbox, kernels):
    return errors(sandbox, kernels, CASES, "cifar10", tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("case", CASES)
def test_its_files(case, ended):
    assert ended[case] == ""
