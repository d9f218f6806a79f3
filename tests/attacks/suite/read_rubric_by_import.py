"""Imports the grader to load the rubric with its own code. The package must not be there to import, or be closed."""

try:
    from grader.rubric import load_rubric

    loot += WORLD["flag"]
    take(lambda: load_rubric(WORLD["rubric"]))
except (ModuleNotFoundError, PermissionError):
    pass

# %%
sys.path.insert(0, os.path.dirname(WORLD["package"]))
try:
    import grader.checks

    loot += WORLD["flag"]
except (ModuleNotFoundError, PermissionError):
    pass
