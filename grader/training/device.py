"""What networks are trained on: the CPU, or an accelerator of this machine."""

import platform
import shutil
import subprocess
from pathlib import Path

from grader.core.errors import MachineError
from grader.core.record import Record


class Device(Record):
    """A device by the name that people use, by torch's own, and by what its results are told apart by.

    `kind` is "cpu", or the name and the model ("cuda:NVIDIA H100 PCIe"). `driver` and `libraries` are the versions that
    its results may change with; both are empty for the CPU, whose versions are torch's own.
    """

    name: str = "cpu"
    torch: str = "cpu"
    kind: str = "cpu"
    driver: str = ""
    libraries: str = ""


CPU = Device()


def find_device(name: str) -> Device:
    """The device of that name. Raises MachineError when this machine has none."""
    if name == CPU.name:
        return CPU
    found = next((device for device in accelerators() if device.name == name), None)
    if found is None:
        raise MachineError(
            f"torch finds no device {name} on this machine",
            hint="grader doctor says what there is. Without --device networks are trained on the CPU.",
        )
    return found


def accelerators() -> tuple[Device, ...]:
    """The accelerators that torch finds here; the first GPU stands for all of its kind."""
    import torch

    if not torch.cuda.is_available():
        return ()
    return (
        Device(
            name="cuda",
            torch="cuda:0",
            kind=f"cuda:{torch.cuda.get_device_name(0)}",
            driver=_driver(),
            libraries=f"CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}",  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        ),
    )


def machine() -> str:
    """What a result on any device may depend on besides: torch's version and the platform."""
    import torch

    return f"torch {torch.__version__}, {platform.machine()}"


def _driver() -> str:
    """NVIDIA's driver, as the kernel or its own tool tells it. Raises MachineError when neither does."""
    told = Path("/proc/driver/nvidia/version")
    if told.is_file():
        return told.read_text(errors="replace").splitlines()[0].strip()
    tool = shutil.which("nvidia-smi")
    if tool:
        asked = [tool, "--query-gpu=driver_version", "--format=csv,noheader"]
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
        if answer.returncode == 0 and answer.stdout.strip():
            return answer.stdout.split()[0]
    raise MachineError(
        "the version of the GPU's driver can't be told, so no proof could be tied to it",
        hint="Put nvidia-smi, which comes with the driver, on the PATH.",
    )
