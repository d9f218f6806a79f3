"""Four megabytes of a script, cut into cells that hold next to nothing."""


def make(folder):
    (folder / "work.py").write_text("# %% a part\nx = 1\n" * 210_000)
