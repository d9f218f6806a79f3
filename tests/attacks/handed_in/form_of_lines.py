"""A form of answers with more lines than anybody was asked for."""


def make(folder):
    lines = "".join(f"    - [{n}, {n}]\n" for n in range(5000))
    (folder / "answers.yaml").write_text(f"1A:\n  parameters:\n{lines}")
