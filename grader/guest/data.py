"""Serves data sets from the host's read-only copy, and says where a loader's batches come from."""

import sys


def install(config: dict, torch) -> None:
    """Let `torchvision.datasets.MNIST` read the host's copy, whatever root it is given."""
    if not config["data"]:
        return
    try:
        from torchvision.datasets import MNIST
    except ImportError:
        return
    original, raw_folder = MNIST.__init__, MNIST.raw_folder

    def local(self):
        """MNIST itself or a student's subclass, but not torchvision's, which hold other data."""
        return type(self) is MNIST or not type(self).__module__.startswith("torchvision")

    def read_local(self, root=None, *args, **kwargs):
        arguments = list(args)
        if local(self):
            root = config["data"]
            kwargs.pop("download", None)
            arguments = arguments[:3]  # train, transform, target_transform; the fourth is `download`
        original(self, root, *arguments, **kwargs)

    MNIST.__init__ = read_local
    MNIST.raw_folder = property(lambda self: f"{config['data']}/MNIST/raw" if local(self) else raw_folder.fget(self))


def describe(dataset, torch) -> dict:
    """What a data set is: its class, its size, and the transforms between raw pixels and its values."""
    seen = {"size": len(dataset) if hasattr(dataset, "__len__") else None}
    while isinstance(dataset, torch.utils.data.Subset):
        dataset = dataset.dataset
    seen["type"] = type(dataset).__name__
    transform = getattr(dataset, "transform", None)
    if "torchvision" in sys.modules and transform is not None:
        seen["transforms"] = [_transform(t) for t in getattr(transform, "transforms", [transform])]
    return seen


def _transform(transform) -> dict:
    name = type(transform).__name__
    if name == "Normalize":
        return {"type": name, "mean": _numbers(transform.mean), "std": _numbers(transform.std)}
    return {"type": name}


def _numbers(values) -> list:
    try:
        return [float(v) for v in values]
    except TypeError:
        return [float(values)]
