"""Kuzushiji-MNIST: in NumPy's files of its own, and in MNIST's where path or code says so."""

import pytest
from served import errors

CASES = {
    "NumPy's files": """
        import numpy as np
        assert same(np.load("kmnist-train-imgs.npz")["arr_0"], "train", "images")
        assert same(np.load("/content/kmnist-test-labels.npz")["arr_0"], "test", "labels")
    """,
    "NumPy's files from their address": """
        import urllib.request
        urllib.request.urlretrieve("http://codh.rois.ac.jp/kmnist/dataset/kmnist/kmnist-test-imgs.npz", "x.npz")
        assert same(np.load("x.npz")["arr_0"], "test", "images")
    """,
    "idx files": """
        assert same(list(open("KMNIST/raw/train-labels-idx1-ubyte", "rb").read()[8:]), "train", "labels")
        at = "http://codh.rois.ac.jp/kmnist/dataset/kmnist/t10k-labels-idx1-ubyte.gz"
        assert urllib.request.urlopen(at).read(2) == b"\\x1f\\x8b"
    """,
    "not what is another's": """
        for path in ("mnist/t10k-labels-idx1-ubyte", "fashion/t10k-labels-idx1-ubyte"):
            try: open(path, "rb")
            except FileNotFoundError: pass
            else: raise AssertionError(path)
    """,
}  # fmt: skip


@pytest.fixture(scope="module")
def ended(tmp_path_factory, sandbox, kernels):
    return errors(sandbox, kernels, CASES, "kmnist", tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("case", CASES)
def test_its_files(case, ended):
    assert ended[case] == ""
