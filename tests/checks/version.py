"""Cases of `version`."""

from check_evidence import text

VERSIONS = {"type": "version", "packages": ["torch", "torchvision"], "aliases": {"torch": ["pytorch"]}}

CASES = [
    (
        VERSIONS,
        {
            "both versions": (
                text("PyTorch 2.1.0 and torchvision==0.16.0+cu118"),
                "passed",
                "torchvision 0.16.0+cu118",
            ),
            "one version of two": (text("torch is 2.1.0"), "partial", "torchvision"),
            "one version beside the other's name": (
                text("torch is installed and torchvision is 0.16.0"),
                "partial",
                "stated for torch",
            ),
            "versions in another order": (text("torch and torchvision: 2.1.0, 0.16.0"), "manual", "not beside torch"),
            "no version": (text("The newest torch."), "manual", "No version"),
            "no section for the versions": (text(None), "failed", "No section"),
        },
    ),
    (
        {"type": "version", "packages": ["torch"]},
        {
            "a version struck out": (text("torch ~~1.13.0~~ 2.1.0"), "passed", "torch 2.1.0"),
        },
    ),
]
