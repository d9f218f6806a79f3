"""One answer that states thousands of values, each of which might be the one."""


def make(folder):
    said = "".join(f"The layer has {n} parameters, so the sum is {n + 1}.\n\n" for n in range(1500))
    (folder / "report.md").write_text(f"# Problem 1A\n\n{said}")
