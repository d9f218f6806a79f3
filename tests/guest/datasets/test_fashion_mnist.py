"""Fashion-MNIST in files that MNIST has by the same names: only where path or code says which is meant."""

import pytest
from served import errors

CASES = {
    "in a folder that says so": """
        import gzip
        with open("data/fashion/train-labels-idx1-ubyte", "rb") as file:
            assert same(list(file.read()[8:]), "train", "labels")
        with gzip.open("FashionMNIST/raw/t10k-labels-idx1-ubyte.gz") as file:
            assert same(list(file.read()[8:]), "test", "labels")
    """,
    "in a cell that says so": """
        # Fashion-MNIST
        assert same(list(open("t10k-labels-idx1-ubyte", "rb").read()[8:]), "test", "labels")
    """,
    "from its address": """
        import urllib.request
        for at in ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-images-idx3-ubyte.gz",
                   "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/train-images-idx3-ubyte.gz"):
            urllib.request.urlretrieve(at, "images.gz")
            assert same(list(gzip.open("images.gz").read()[16:]), "train", "images")
    """,
    "not what is MNIST's, or another's": """
        for folder in ("MNIST/raw", "mnist", "kmnist", "fashion-or-emnist"):
            try: open(f"{folder}/t10k-labels-idx1-ubyte", "rb")
            except FileNotFoundError: pass
            else: raise AssertionError(folder)
    """,
    "not from an address that doesn't say": """
        try: urllib.request.urlopen("https://storage.googleapis.com/tf-keras-datasets/t10k-labels-idx1-ubyte.gz")
        except OSError: pass
        else: raise AssertionError("it may be another's")
    """,
}  # fmt: skip


@pytest.fixture(scope="module")
def ended(tmp_path_factory, sandbox, kernels):
    return errors(sandbox, kernels, CASES, "fashion_mnist", tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("case", CASES)
def test_its_files(case, ended):
    assert ended[case] == ""


def test_nothing_says_which_is_meant(tmp_path, sandbox, kernels):
    cell = "open('t10k-labels-idx1-ubyte', 'rb')"
    assert errors(sandbox, kernels, {"": cell}, "fashion_mnist", tmp_path)[""].startswith("FileNotFoundError")
