"""Notebooks as people write them for Colab, of any year since 2018: each habit is a cell that runs as it is."""

import importlib.util
import json
import os
import textwrap
import zipfile
from pathlib import Path

import nbformat
import pytest

from grader.core.limits import Limits
from grader.datasets import served
from grader.execution import run_notebook, try_layer
from grader.observation.findings import read_variables
from grader.observation.models import remarks

PRELUDE = """
import os, time, numpy as np, torch, torch.nn as nn, torch.nn.functional as F
x, y, model = torch.rand(3, 4), torch.tensor([0, 1, 1]), nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""
# Packages that a grader may lack; a case that imports one is skipped there.
EXTRAS = (
    *("pandas", "tqdm", "seaborn", "torchsummary", "torchinfo", "cv2", "skimage", "requests", "plotly"),
    *("tensorboard", "keras"),
)

# name: a cell, which asserts what it must find
COLAB = {
    "google.colab": """
        from google.colab import auth, drive, files, output, userdata
        drive.mount("/content/drive"); auth.authenticate_user(); output.clear(); files.download("x")
        drive.flush_and_unmount(); assert userdata.get("KEY") == ""
    """,
    "google.colab without its parts": "import google.colab; google.colab.drive.mount('/content/drive')",
    "an image shown": "from google.colab.patches import cv2_imshow; cv2_imshow(None)",
    "a form": 'lr = 0.1 #@param {type:"number"}\n#@title Settings { display-mode: "form" }\nassert lr == 0.1',
    "packages installed": """
        !pip install -q torchsummary==1.5
        %pip install wandb
        get_ipython().system("pip install torch==1.0")
        assert torch.__version__ > "2"
    """,
    "commands that need a network": """
        !wget -q http://yann.lecun.com/exdb/mnist/train-images-idx3-ubyte.gz
        !curl -O https://example.com/a.csv
        !git clone https://github.com/someone/something
        !gdown --id 123
    """,
    "commands of the shell": "!nvidia-smi\nseen = !ls /content\n!apt-get -qq install graphviz\nassert len(seen)",
    "%%latex": "%%latex\n$x$",
    "%%html": "%%html\n<b>x</b>",
    "%%javascript": "%%javascript\nx",
    "%%bash": "%%bash\necho hi",
    "%%shell": "%%shell\necho hi",
    "%env": "%env CUDA_VISIBLE_DEVICES=0\nassert os.environ['CUDA_VISIBLE_DEVICES'] == '0'",
    "%%time": "%%time\ntimed = 1",
    "%%time keeps what it made": "assert timed == 1",
    "%time": "%time z = sum(range(10))\nassert z == 45",
    "%timeit runs once": "runs = []\n%timeit -n 100 -r 5 runs.append(1)\nassert runs == [1]",
    "%%timeit runs once": "%%timeit\nruns.append(1)",
    "%%timeit ran once": "assert runs == [1, 1]",
    "%matplotlib": """
        %matplotlib notebook
        %matplotlib widget
        %matplotlib inline
        %config InlineBackend.figure_format = "retina"
        import matplotlib.pyplot as plt
        plt.plot([1]); plt.show(); shown = True
    """,
    "extensions": """
        %load_ext autoreload
        %autoreload 2
        %reload_ext autoreload
        %load_ext tensorboard
        %tensorboard --logdir runs
        %tensorflow_version 2.x
        %load_ext nowhere_at_all
        %no_such_magic with arguments
        extended = 1
    """,
    "a magic that is not here leaves the cell's other lines": "assert extended == 1",
    "curves and graphs for a tensorboard": """
        from torch.utils.tensorboard import SummaryWriter
        writer = SummaryWriter("runs/first")
        writer.add_scalar("loss", 0.5, 1); writer.add_graph(model, x); writer.close()
    """,
    "a service that watches": """
        import wandb
        run = wandb.init(project="digits", config={"lr": 0.1, "sizes": [20]})
        wandb.watch(model); wandb.config.update({"epochs": 2})
        wandb.log({"loss": 0.5, "image": wandb.Image(x)}); wandb.config.seed = 3
        assert (wandb.config.lr, run.config["epochs"], wandb.config["sizes"], run.config.seed) == (0.1, 2, [20], 3)
        with wandb.init(config=dict(lr=0.2)) as run: run.summary["best"] = 1; run.finish()
        assert wandb.config.lr == 0.2
    """,
    "other services": """
        import mlflow, mlflow.pytorch
        from tensorboardX import SummaryWriter
        with mlflow.start_run(): mlflow.log_param("lr", 0.1); mlflow.pytorch.log_model(model, "it")
        SummaryWriter(log_dir="a").add_scalars("loss", {"train": 1.0}, 0)
    """,
    "a cell magic that is not here": "%%no_such_magic\nbody = 5",
    "a cell magic that is not here leaves the cell": "assert body == 5",
    "arguments of a script": """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--lr", type=float, default=0.5)
        assert parser.parse_args().lr == 0.5
    """,
}  # fmt: skip

PATHS = {
    "a file beside the notebook": "assert open('foo.csv').read() == 'a,b\\n1,2\\n'",
    "a module beside the notebook": "from beside import one; assert one == 1",
    "a module above it": "from above import two; assert two == 2",
    "%cd into a Drive": "%cd /content/drive/MyDrive/Course 1/set 4\nassert open('foo.csv').read()",
    "%cd back": "%cd /content\nassert open('foo.csv').read()",
    "chdir into a Drive": "os.chdir('/content/drive/My Drive/hw'); assert open('foo.csv').read(); os.chdir('/content')",
    "a file by its path on Colab": "assert open('/content/foo.csv').read()",
    "a file by its path on a Drive": "assert open('/content/drive/MyDrive/data/foo.csv').read()",
    "a relative path into a Drive": "assert open('drive/My Drive/Colab Notebooks/foo.csv').read()",
    "a folder on a Drive, and what is in it": """
        root = "/content/drive/MyDrive/Course/"
        assert "foo.csv" in os.listdir(root) and os.path.exists(root + "foo.csv")
    """,
    "numpy": "assert np.loadtxt('/content/drive/MyDrive/foo.csv', delimiter=',', skiprows=1).tolist() == [1, 2]",
    "a Drive mounted elsewhere": """
        from google.colab import drive
        drive.mount("/gdrive", force_remount=True)
        with open("/gdrive/My Drive/notes.txt", "w") as file: file.write("x")
        assert os.path.exists("/gdrive/My Drive/foo.csv") and open("/gdrive/MyDrive/foo.csv").read()
        assert "foo.csv" in os.listdir("/gdrive/My Drive/course/hw 4")
        open("/gdrive/My Drive/made/now/a.txt", "w").close()
    """,
    "a file written to a Drive": """
        torch.save(model.state_dict(), "/content/drive/MyDrive/Course/weights.pt")
        model.load_state_dict(torch.load("/content/drive/MyDrive/Course/weights.pt"))
    """,
    "a folder made on a Drive": "os.mkdir('/content/drive/MyDrive/made'); os.makedirs('/content/drive/also/made')",
    "an upload": "from google.colab import files; up = files.upload(); assert up['foo.csv'] == b'a,b\\n1,2\\n'",
    "the sample data's name": "assert open('/content/sample_data/foo.csv').read()",
    "pandas": "import pandas as pd; assert len(pd.read_csv('/content/drive/MyDrive/foo.csv')) == 1",
    "a file by its path on another system": r"assert open('../input/foo.csv').read() == open(r'C:\me\foo.csv').read()",
    "a file written elsewhere": """
        before = open("foo.csv").read()
        with open("nowhere/foo.csv", "w") as file: file.write("mine")
        assert open("nowhere/foo.csv").read() == "mine" and open("foo.csv").read() == before
    """,
    "an archive unpacked": "!unzip -o '/content/drive/MyDrive/data.zip'\nassert open('inside.txt').read() == 'x'",
}  # fmt: skip

GPU = {
    "cuda() and to()": """
        device = torch.device("cuda:0")
        model.cuda(); model.to(device); x.cuda(non_blocking=True); x.to("cuda"); x.to(device="cuda:0")
        assert x.to(device, torch.float64).dtype == torch.float64
    """,
    "is_available stays false": "assert not torch.cuda.is_available() and torch.cuda.device_count() == 0",
    "names and memory": """
        torch.cuda.get_device_name(0); torch.cuda.get_device_properties(0).total_memory / 1e9
        torch.cuda.current_device(); torch.cuda.memory_allocated(); torch.cuda.max_memory_allocated(0)
        torch.cuda.empty_cache(); torch.cuda.synchronize(); torch.cuda.reset_peak_memory_stats()
        torch.cuda.memory_summary(); torch.cuda.set_device(0); torch.cuda.mem_get_info()
    """,
    "seeds": "torch.cuda.manual_seed(1); torch.cuda.manual_seed_all(1); torch.backends.cudnn.deterministic = True",
    "events": """
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record(); time.sleep(0.02); end.record(); torch.cuda.synchronize()
        assert 15 < begin.elapsed_time(end) < 5000
    """,
    "streams": "with torch.cuda.stream(torch.cuda.Stream()), torch.cuda.device(0):\n    x + 1",
    "mixed precision": """
        scaler = torch.cuda.amp.GradScaler()
        with torch.cuda.amp.autocast(): loss = F.cross_entropy(model(x), y)
        scaler.scale(loss).backward(); scaler.step(optimizer); scaler.update(); optimizer.zero_grad()
        with torch.autocast("cuda"), torch.autocast(device_type="cuda", dtype=torch.float16): model(x)
    """,
    "types": """
        torch.cuda.FloatTensor(2, 3); torch.cuda.LongTensor([1])
        assert x.type("torch.cuda.DoubleTensor").dtype == torch.float64
        assert x.type(torch.cuda.LongTensor).dtype == torch.int64
    """,
    "default types": """
        torch.set_default_tensor_type("torch.cuda.FloatTensor"); torch.set_default_device("cuda")
        assert torch.zeros(2).device.type == "cpu"; torch.set_default_device("cpu")
    """,
    "a device as a context": "with torch.device('cuda'): assert torch.zeros(2).device.type == 'cpu'",
    "tensors made there": """
        layer = nn.Linear(2, 2, device="cuda")
        for made in (torch.randn(2, device="cuda"), x.new_zeros(3, device="cuda"), layer.weight):
            assert made.device.type == "cpu"
    """,
    "a generator": "g = torch.Generator(device='cuda'); assert torch.rand(2, generator=g.manual_seed(3)).shape == (2,)",
    "pinned memory": "x.pin_memory()",
    "several GPUs": "assert nn.DataParallel(model).cuda()(x).shape == (3, 2)",
}  # fmt: skip

OLD = {
    "names of numpy": "assert np.Inf > np.product([2]) and np.int is int and np.bool is not None and np.float(1) == 1",
    "the value of a loss": "loss = F.cross_entropy(model(x), y); assert loss.data[0] == loss.item()",
    "a loss by its index": "F.cross_entropy(model(x), y)[0].backward()",
    "volatile variables": "from torch.autograd import Variable; Variable(x, volatile=True)",
    "softmax without a dimension": "assert torch.allclose(F.softmax(x).sum(1), torch.ones(3)); nn.LogSoftmax()(x)",
    "functions of torch.nn": "F.sigmoid(x); F.tanh(x); nn.init.xavier_uniform(model.weight)",
    "averages": "nn.CrossEntropyLoss(size_average=False)(model(x), y); F.cross_entropy(model(x), y, reduce=False)",
    "parts of torch": """
        from torch.utils.data.sampler import SubsetRandomSampler
        from torch.utils.data.dataloader import default_collate
        from torch._six import string_classes
    """,
    "schedules that speak": "torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, 'min', verbose=True).step(1.0)",
    "a whole network saved": "torch.save(model, 'm.pth'); assert torch.load('m.pth', map_location='cuda:0')(x).shape",
    "names of torchvision": "from torchvision import transforms as T; T.Scale(3); T.RandomSizedCrop(3)",
    "modules of scikit-learn": """
        from sklearn.cross_validation import train_test_split
        from sklearn.grid_search import GridSearchCV
        from sklearn.externals import joblib
        import sklearn.externals.joblib
    """,
    "abstract collections": "import collections; from collections import Mapping; collections.Iterable",
    "clock": "from time import clock; assert clock() <= time.clock()",
    "names of Python 2": "assert list(xrange(2)) == [0, 1] and unicode is str",
    "styles": """
        import matplotlib.pyplot as plt
        plt.style.use("seaborn"); plt.style.use("seaborn-whitegrid"); plt.hold(True)
    """,
    "formats of figures": """
        from IPython import display
        display.set_matplotlib_formats("svg")
        from IPython.display import set_matplotlib_formats
    """,
    "bars": """
        from tqdm import tqdm_notebook, tnrange
        from tqdm.notebook import tqdm
        from tqdm.auto import trange
        assert [*tqdm(range(2))] == [*tqdm_notebook(range(2))] == [*tnrange(2)] == [*trange(2)] == [0, 1]
    """,
    "rows added to a frame": """
        import pandas as pd
        frame = pd.DataFrame({"a": [1, 2]}).append({"a": 3}, ignore_index=True)
        assert frame.append(frame).a.tolist() == [1, 2, 3, 1, 2, 3] and frame.ix[2, "a"] == 3
        assert [name for name, _ in frame.iteritems()] == ["a"] and frame.as_matrix().shape == (3, 1)
    """,
    "summaries": """
        import torchsummary, torchinfo
        torchsummary.summary(nn.Sequential(model), (4,), device="cuda"); torchinfo.summary(model, (3, 4))
    """,
    "what Colab brings along": "import cv2, plotly, requests, seaborn, skimage",
}  # fmt: skip

MNIST = {
    "MNIST": """
        from torchvision import datasets, transforms as T
        train = datasets.MNIST("/content/data", train=True, download=True, transform=T.ToTensor())
        test = datasets.MNIST(root="../anywhere", train=False)
        assert (len(train), len(test)) == (60000, 10000)
    """,
    "its old names": """
        assert len(train.train_data) == len(train.train_labels) == 60000
        assert len(test.test_data) == len(test.test_labels) == 10000
    """,
    "the first batch": """
        batches = iter(torch.utils.data.DataLoader(train, batch_size=8, pin_memory=True, num_workers=1))
        assert batches.next()[0].shape == (8, 1, 28, 28) and next(batches)[1].shape == (8,)
    """,
    "openml, as arrays": """
        from sklearn.datasets import fetch_openml
        X, labels = fetch_openml("mnist_784", version=1, return_X_y=True, as_frame=False)
        assert X.shape == (70000, 784) and labels[0] == "5" and (X[60000] == test.data[0].numpy().ravel()).all()
    """,
    "openml, as a bunch": """
        bunch = fetch_openml(data_id=554, as_frame=False)
        assert bunch["data"].shape == (70000, 784) and bunch.target.astype(int).max() == 9
    """,
    "openml, as frames": """
        X, labels = fetch_openml("mnist_784", return_X_y=True)
        assert X.iloc[0].shape == (784,) and labels.astype(int)[0] == 5
    """,
    "openml, indexed as the array that it once was": """
        import pandas
        assert X[0].shape == (784,) and X[[3, 1]].shape == (2, 784) and X["pixel1"].shape == (70000,)
    """,
    "Colab's tables": """
        small = np.loadtxt(open("sample_data/mnist_train_small.csv", "rb"), delimiter=",")
        rows = {bytes(image) for image in train.data.numpy().reshape(-1, 784)}
        assert small.shape == (20000, 785) and {bytes(row) for row in small[:50, 1:].astype("uint8")} <= rows
        table = pandas.read_csv("/content/sample_data/mnist_test.csv", header=None).to_numpy()
        assert (table[:, 0] == test.targets.numpy()).all() and (table[7, 1:] == test.data[7].numpy().ravel()).all()
    """,
    "the four files that MNIST comes in": """
        import gzip
        with open("MNISTData/train-images-idx3-ubyte", "rb") as file: plain = file.read()
        with gzip.open("../data/t10k-labels-idx1-ubyte.gz") as file: packed = file.read()
        assert plain[16:] == train.data.numpy().tobytes() and packed[8:] == test.targets.byte().numpy().tobytes()
        assert (np.fromfile("d/t10k-images.idx3-ubyte", np.uint8)[16:] == test.data.numpy().ravel()).all()
    """,
    "the four files, downloaded": """
        import urllib.request
        at = "http://yann.lecun.com/exdb/mnist/train-labels-idx1-ubyte.gz"
        urllib.request.urlretrieve(at, "labels.gz")
        assert gzip.open("labels.gz").read()[8:] == train.targets.byte().numpy().tobytes()
        !wget -q http://yann.lecun.com/exdb/mnist/t10k-labels-idx1-ubyte.gz
        assert open("t10k-labels-idx1-ubyte.gz", "rb").read(2) == b"\\x1f\\x8b"
    """,
    "the four files in an archive": """
        import tarfile
        urllib.request.urlretrieve("http://example.com/MNIST.tar.gz", "MNIST.tar.gz")
        with tarfile.open("MNIST.tar.gz") as archive: archive.extractall("unpacked", filter="data")
        assert len(datasets.MNIST("unpacked")) == 60000
        assert open("unpacked/MNIST/raw/t10k-labels-idx1-ubyte", "rb").read()[8] == test.targets[0]
    """,
    "the four files from elsewhere": """
        try: urllib.request.urlopen("https://example.com/keras-datasets/t10k-labels-idx1-ubyte.gz")
        except OSError: pass
        else: raise AssertionError("they may be of other data")
    """,
    "mnist.npz": """
        arrays = np.load("/content/drive/MyDrive/mnist.npz")
        assert (arrays["x_train"] == train.data.numpy()).all() and (arrays["y_test"] == test.targets.numpy()).all()
    """,
    "mnist.pkl.gz": """
        import pickle, requests
        open("mnist.pkl.gz", "wb").write(requests.get("http://example.com/data/mnist.pkl.gz").content)
        with gzip.open("mnist.pkl.gz", "rb") as file: parts = pickle.load(file, encoding="latin-1")
        (images, numbers), (kept, _), (last, _) = parts
        assert (len(images), len(kept), len(last)) == (50000, 10000, 10000) and numbers[0] == 5
        assert images.dtype == np.float32 and (images[3] * 256 == train.data[3].numpy().ravel()).all()
    """,
    "mldata": """
        from sklearn.datasets import fetch_mldata
        bunch = fetch_mldata("MNIST original", data_home=".")
        assert bunch.data.shape == (70000, 784)
        assert bunch.target[0] == bunch.target[60000] == 0 and bunch.target[-1] == 9
    """,
    "other data in files of the same names": """
        def missing(path):
            try: open(path, "rb")
            except FileNotFoundError: return True
        assert missing("fashion/t10k-images-idx3-ubyte") and missing("t10k-images-idx3-ubyte")
    """,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _world(kernels):
    global KERNELS
    KERNELS = kernels


@pytest.fixture(scope="module")
def submission(tmp_path_factory):
    folder = tmp_path_factory.mktemp("submission")
    (folder / "nb").mkdir()
    (folder / "nb" / "foo.csv").write_text("a,b\n1,2\n")
    (folder / "nb" / "beside.py").write_text("one = 1")
    (folder / "above.py").write_text("two = 2")
    with zipfile.ZipFile(folder / "nb" / "data.zip", "w") as archive:
        archive.writestr("inside.txt", "x")
    return folder


def run(cells: list[str], folder: Path, layer: str = "jail", data=None, name: str = "nb/a.ipynb"):
    found = try_layer(layer)
    if isinstance(found, str):
        pytest.skip(f"{layer} {found}")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(textwrap.dedent(c).strip()) for c in cells])
    notebook.metadata["submitted_as"] = name
    return run_notebook(notebook, folder, found, Limits(), data=data, variables=(("found",),), warm=KERNELS)


RUNS = {}


def ended(group: str, folder: Path, layer: str) -> dict[str, str]:
    """How each cell of a group ended; the cells of a group are one notebook, run once."""
    if (group, layer) not in RUNS:
        cases = GROUPS[group]
        data = served("mnist") if group == "MNIST" else None
        artefact = run([PRELUDE, *cases.values()], folder, layer, data)
        assert artefact.failure == "" and artefact.cells[0].error == ""
        said = json.loads(artefact.findings)["faults"]
        assert said == [], "what watches the notebook was disturbed"
        RUNS[group, layer] = {name: cell.error for name, cell in zip(cases, artefact.cells[1:], strict=True)}
    return RUNS[group, layer]


GROUPS = {"COLAB": COLAB, "PATHS": PATHS, "GPU": GPU, "OLD": OLD, "MNIST": MNIST}


def params(group, *layers):
    marks = [pytest.mark.mnist] if group == "MNIST" else []
    return [
        pytest.param(group, name, layer, id=f"{group}: {name}, {layer}", marks=marks)
        for layer in layers
        for name in GROUPS[group]
    ]


@pytest.mark.parametrize(
    ("group", "name", "layer"),
    [
        *params("COLAB", "jail", "limits"), *params("PATHS", "jail", "uid", "limits"),
        *params("GPU", "jail"), *params("OLD", "jail"), *params("MNIST", "jail"),
    ],
)  # fmt: skip
def test_a_habit(group, name, layer, submission):
    for package in EXTRAS:
        if f"import {package}" in GROUPS[group][name] and importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed; pip install 'dl-grader[colab]'")
    if group == "MNIST" and not os.environ.get("GRADER_DATA"):
        pytest.skip("needs MNIST: set GRADER_DATA")
    assert ended(group, submission, layer)[name] == ""


def test_a_script_knows_its_file_and_has_no_arguments(submission):
    cell = "import sys; found = [__name__, __file__, len(sys.argv)]"
    artefact = run([cell], submission, name="nb/train.py")
    assert read_variables(artefact.variables)["found"] == ["__main__", "train.py", 1]


def test_the_students_own_module_wins_over_what_stands_in(tmp_path):
    (tmp_path / "google").mkdir()
    (tmp_path / "google" / "colab.py").write_text("drive = 'own'")
    artefact = run(["from google.colab import drive as found"], tmp_path, name="a.ipynb")
    assert read_variables(artefact.variables)["found"] == "own"


@pytest.mark.mnist
def test_a_copy_that_was_read_in_the_place_of_a_file_is_said(submission):
    if not os.environ.get("GRADER_DATA"):
        pytest.skip("needs MNIST: set GRADER_DATA")
    cell = "import numpy, torch; numpy.load('/content/mnist.npz')"
    artefact = run([cell], submission, data=served("mnist"))
    said = "mnist.npz was not handed in: the grader's copy of the data was read in its place"
    assert remarks(artefact.findings) == (said,)
