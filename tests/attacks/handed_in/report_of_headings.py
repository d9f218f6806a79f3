"""Headings of the same problems again and again, each of them an answer."""


def make(folder):
    text = "".join(f"# Problem 1{'AB'[n % 2]}\n\nThe layer has {n} parameters.\n\n" for n in range(1500))
    (folder / "report.md").write_text(text)
