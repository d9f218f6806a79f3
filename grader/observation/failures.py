"""What notebooks fail with: how it looks, what happened, and what to do about it."""

from grader.core.fault import Fault
from grader.core.record import Record
from grader.guest.protocol import (
    BarelyTrained,
    DataSetMissing,
    EnoughSeen,
    ModuleMissing,
    PackageMissing,
    PartMissing,
    PlaceMissing,
    ServerMissing,
)


class Case(Record):
    """One kind of failure, known by its error; `{name}` in what is said stands for a group of the pattern.

    `cause` is the cell that failed first, where this failure only follows from that.
    """

    pattern: str = ""
    happened: str = ""
    do: str
    fault: Fault = Fault.student
    cause: int | None = None


_DOWNLOAD = "Hand in the file beside the notebook and open it by its name."
# A terabyte or more.
_BOUNDLESS = r"tried to allocate \d{13,} bytes|Unable to allocate [\d.]+ [TPE]iB"
# What the loader says of a library for which no memory is left.
_NOT_LOADED = r"cannot map zero-fill pages|failed to map segment from shared object(?!: Operation not permitted)"
_SHAPES = "Print the shapes before that line, and count again what goes into the layer."
_FITS = "a linear layer takes {c} values for each sample and was given {b} (input {a} x {b}, weights {c} x {d})"

# (pattern, what happened, what to do), the first that is found counts; whose doing it is in the name.
_STUDENT = (
    (
        r"SyntaxError: Missing parentheses in call to '(print|exec)'",
        "it is written in Python 2", "Write print(...) as a function; only Python 3 is run, here and on Colab.",
    ),
    (
        r"(IndentationError|TabError): .*line (?P<line>\d+)",
        "line {line} is not indented as the lines around it", "Indent with spaces, by the same number of them.",
    ),
    (
        r"SyntaxError: .*line (?P<line>\d+)",
        "line {line} is no Python, so nothing of the cell was run", "Mend the line and run the cell again.",
    ),
    (
        r"StdinNotImplementedError",
        "it asks for input, and nobody is there to answer", "Write the value into the cell instead of input().",
    ),
    (
        r"FileNotFoundError: .*?'(?P<path>(?:[^']*/)?(?:digit-recognizer/[^']*|mnist_(?:train|test)\w*)\.csv)'",
        "the file “{file}” is not among the files handed in; it was looked for by its name beside the notebook",
        "Hand it in, or read MNIST through torchvision, Keras or fetch_openml, which have it while it is graded.",
    ),
    (
        r"FileNotFoundError: .*?'(?P<path>[^']*)'|(?:FileNotFoundError|OSError): (?P<other>\S+) not found",
        "the file “{file}” is not among the files handed in; it was looked for by its name beside the notebook",
        _DOWNLOAD,
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied \((?P<a>\d+)x(?P<b>\d+) and (?P<c>\d+)x(?P<d>\d+)\)",
        _FITS, _SHAPES,
    ),
    (
        r"size mismatch, m1: \[(?P<a>\d+) x (?P<b>\d+)\], m2: \[(?P<c>\d+) x (?P<d>\d+)\]",
        _FITS, _SHAPES,
    ),
    (
        r"size mismatch for (?P<name>[\w.]+): .*?Size\((?P<a>\[[\d, ]*\])\).*?Size\((?P<b>\[[\d, ]*\])\)",
        "the saved weights of {name} have the shape {a}, those of the network {b}",
        "Load weights into the network that they were saved from, or save them again.",
    ),
    (
        r"expected input(?P<a>\[[\d, ]*\]) to have (?P<b>\d+) channels, but got (?P<c>\d+) channels",
        "a convolution takes {b} channels and was given {c} (input {a})", _SHAPES,
    ),
    (
        r"of tensor a \((?P<a>\d+)\) must match the size of tensor b \((?P<b>\d+)\) at \S+ dimension (?P<d>\d+)",
        "two tensors of sizes {a} and {b} in dimension {d} are combined", _SHAPES,
    ),
    (
        r"shape '(?P<a>\[[-\d, ]*\])' is invalid for input of size (?P<b>\d+)",
        "{b} values can't take the shape {a}", _SHAPES,
    ),
    (
        r"Expected input batch_size \((?P<a>\d+)\) to match target batch_size \((?P<b>\d+)\)",
        "the loss was given {a} outputs and {b} labels", "Keep the first dimension the batch in every reshape.",
    ),
    (
        r"(object type '|np\.ndarray \(got )(DataFrame|Series)",
        "a table of pandas is given where an array is needed", "Turn it into an array first: table.to_numpy().",
    ),
    (
        r"expected sequence of length \d+ at dim \d+ \(got \d+\)",
        "a tensor is made of rows of different lengths, or of a table of pandas, which hands over its columns' names",
        "Look how long the rows are; turn a table into an array first: table.to_numpy().",
    ),
    (
        r"with the layer: expected min_ndim=(?P<a>\d+), found ndim=(?P<b>\d+)",
        "a layer takes tensors of {a} dimensions, that of the batch among them, and was given {b}",
        "Images need a dimension of channels: x.reshape(-1, 28, 28, 1).",
    ),
    (
        r"with the layer: expected shape=\(None, (?P<a>[\d, ]+?),?\), found shape=\(\w+, (?P<b>[\d, ]+?),?\)",
        "the network takes samples of the shape ({a}) and was given ({b})", _SHAPES,
    ),
    (
        r"axis -1 of input shape to have value (?P<a>\d+), but received input with shape \(\w+, (?P<b>[\d, ]+)",
        "a layer takes {a} values for each sample and was given the shape ({b})", _SHAPES,
    ),
    (
        r"cannot reshape|not aligned|could not broadcast|[Ss]izes of tensors must match|mismatch in its core dimension",
        "shapes don't fit", _SHAPES,
    ),
    (
        r"[Tt]rying to backward through the graph a second time",
        "backward() runs a second time through what the first has freed",
        "Compute the loss anew for each backward(); what is kept between steps needs .detach().",
    ),
    (
        r"does not require grad and does not have a grad_fn",
        "backward() is called on a value that no weight leads to",
        "Compute the loss from the network's output, outside torch.no_grad() and without .detach().",
    ),
    (
        r"modified by an inplace operation|leaf Variable that requires grad",
        "a value that the gradient needs is changed in place", "Write x = x + y instead of x += y.",
    ),
    (
        r"Target (?P<a>-?\d+) is out of bounds",
        "a label is {a}, and the network has no such output",
        "Let the last layer have one output for each class, counted from 0.",
    ),
    (
        r"device-side assert|indexing_cuda|index out of range in self",
        "an index is larger than what it points into, as when a label is no class of the network",
        "Let the last layer have one output for each class, counted from 0.",
    ),
    (
        r"expected (scalar type|target dtype|m1 and m2)|must have the same dtype|not implemented for '",
        "tensors of different types meet", "Convert with .float() for inputs and .long() for labels.",
    ),
    (
        r"Can't call numpy\(\) on Tensor that requires grad",
        "a tensor with a gradient is turned into an array", "Write x.detach().numpy().",
    ),
    (
        r"^KeyError: (?P<key>.*)",
        "there is no entry {key}", "Look how the entry is spelled, and whether an earlier cell makes it.",
    ),
    (r"^KeyboardInterrupt", "it interrupts itself", "Take the interruption out of the cell."),
    (
        r"^SystemExit: (0|None)?\s*$",
        "it ends itself, without an error", "Nothing needs to be done unless code after it was meant to run.",
    ),
    (
        r"^SystemExit",
        "it ends itself, as a script does that lacks arguments", "Give each argument a default value.",
    ),
    (
        _BOUNDLESS, "it asks for more memory than any machine has", _SHAPES,
    ),
    (r"UsageError", "a magic command is used in a way that IPython doesn't know", "Take the line out."),
    (
        r"UnpicklingError(?!: Weights only)|EOFError|BadZipFile|PytorchStreamReader",
        "a file is damaged, or something else than its name says", _DOWNLOAD,
    ),
    (
        r"NotImplementedError: Module \[(?P<name>\w+)\] is missing the required \"forward\" function",
        "the network {name} has no forward", "Look how forward is spelled, and that it is indented as a method.",
    ),
    (
        r"^NotImplementedError\W*$",
        "it stops at a part that is still to be written", "Write that part, and take the line that raises out.",
    ),
    (r"^AssertionError", "an assertion does not hold", "Look what it compares."),
    (
        r"the kernel died", "no later cell could run",
        "Look for exit() and quit(), and for what takes all memory at once.",
    ),
    (r"^it sent", "it was stopped", "Let the notebook use less of it."),
)  # fmt: skip
_PACKAGE = (
    (
        r"Weights only load failed",
        "torch loads nothing but weights since version 2.6, unless it is told to",
        "Save net.state_dict() and load that, or pass weights_only=False for a file of your own.",
    ),
    (
        rf"^{PackageMissing.__name__}: ",
        "a package is not installed where it was run, and pip installs nothing while it is graded",
        "Whoever grades can install it.",
    ),
    (
        r"(?:was|has been|is now|is) (?:deprecated .{1,60} )?(?:and is now )?removed (?:in|since|from|with|at)\b"
        r"|and is now removed|is no longer (?:supported|available)|[Uu]nrecognized keyword arguments? passed to"
        r"|Argument\(s\) not recognized|is not a valid package style|is deprecated in Keras 3"
        r"|must be a positive integer, not \d+\.\d",
        "the version of a library that it was run with no longer has or takes this",
        "Look it up in the documentation of today's version.",
    ),
)  # fmt: skip
# What every process may have at most: whatever meets such a limit, be it a library that is imported, is not to blame.
_LIMITS = (
    (
        rf"^(?!.*(?:{_BOUNDLESS})).*(?:MemoryError|allocate memory|(?<!died: )[Oo]ut of memory|MB of memory while"
        rf"|its processes used|{_NOT_LOADED})",
        "it needs more memory than a notebook may have while it is graded",
        "Work in batches, and keep no copies of the data.",
    ),
    (
        r"File too large|No space left|^it (?:wrote|made)",
        "it writes more than a notebook may while it is graded",
        "Save less, or smaller files.",
    ),
    (
        r"Too many open files|can't start new thread|Resource temporarily unavailable",
        "it has more files open, or more processes and threads, than a notebook may have while it is graded",
        "Close what was opened, and start fewer workers.",
    ),
)
_GRADER = (
    *_LIMITS,
    (
        rf"^{BarelyTrained.__name__}:",
        "networks had been trained for a few steps only, so it may have had far more to do than in the notebook "
        "itself, as when it draws a figure for each mistake; it was interrupted",
        "Nothing needs to be done where the cell ends soon when the notebook is run in full.",
    ),
    (
        r"took longer than",
        "it was stopped; the loops over loaders had been cut to a few batches, so it does something else for long",
        "Look for a loop that doesn't end, and let nothing but training take long.",
    ),
    (
        rf"^{PlaceMissing.__name__}: .*?'(?P<path>[^']*)'",
        "it writes “{file}” to a place that is not there while it is graded", "Write it beside the notebook.",
    ),
    (
        r"^PermissionError|Read-only file system|Parent directory .{1,200} does not exist"
        r"|Cannot save file into a non-existent directory|[Uu]nable to (?:synchronously )?create file",
        "it reads or writes in a place that it can't have while it is graded", "Keep files beside the notebook.",
    ),
    (
        r"The function is not implemented\. Rebuild the library with|no display name and no \$DISPLAY"
        r"|[Cc](?:annot|ould not) connect to (?:X server|display)|requires the '\w+' interactive framework"
        r"|DisabledFunctionError",
        "it opens a window, and is run without a screen", "Show pictures with matplotlib.",
    ),
    (
        rf"^{EnoughSeen.__name__}:",
        "its training would have gone on until a condition holds, which a shortened training may never reach",
        "Nothing needs to be done where the notebook ends when it is run in full.",
    ),
    (
        rf"^(?:{PartMissing.__name__}|{ModuleMissing.__name__}):",
        "it uses a part of TensorFlow that is not here: only Keras, pipelines and simple operations are",
        "Whoever grades looks at this part; what Keras's own fit trains is read without TensorFlow.",
    ),
    (
        rf"^{DataSetMissing.__name__}: (?P<name>.{{1,60}}?) (?:of \S+ )?is not here",
        "the data set {name} is not among those that are here, and nothing can be downloaded",
        "Whoever grades looks at this part; a small file can be handed in beside the notebook.",
    ),
    (
        rf"^{ServerMissing.__name__}:",
        "it lets a server choose how to train, which nothing reaches while it is graded",
        "Train once with settings that stand in the notebook.",
    ),
    (
        r"URLError|HTTPError|ConnectionError|ConnectTimeout|gaierror|NewConnectionError|MaxRetryError|urlopen"
        r"|name resolution|Network is unreachable|Couldn't connect",
        "it asks for something on the internet, which nothing reaches while it is graded", _DOWNLOAD,
    ),
    (
        r"CalledProcessError: Command '(?P<command>.{1,80})",
        "a command of the shell failed; commands reach no internet and install nothing while it is graded",
        _DOWNLOAD,
    ),
    (
        r"NVIDIA driver|not compiled with CUDA|No CUDA GPUs|GPU (device )?not found|CUDA (is )?not available",
        "it insists on a GPU, and is run without one",
        'Use device = "cuda" if torch.cuda.is_available() else "cpu".',
    ),
)  # fmt: skip
_TABLES: dict[Fault, tuple[tuple[str, str, str], ...]] = {
    Fault.grader: _GRADER,
    Fault.package: _PACKAGE,
    Fault.student: _STUDENT,
}
CASES = tuple(
    Case(pattern=pattern, happened=happened, do=do, fault=fault)
    for fault, rows in _TABLES.items()
    for pattern, happened, do in rows
)
LIMITS = CASES[: len(_LIMITS)]
INSISTS_ON_GPU = CASES[len(_GRADER) - 1]
UNKNOWN = Case(do="Run the notebook again from the top; in Colab: Runtime, Restart session and run all.")
