"""Puts files into the grader's package and the Python that it runs in: they would run with the next grading."""

for place in (WORLD["package"], WORLD["site"], sys.prefix, sys.base_prefix, os.path.dirname(os.__file__)):
    won(lambda: open(f"{place}/{WORLD['mark']}.pth", "w").close())
    won(lambda: os.mkdir(f"{place}/{WORLD['mark']}"))
won(lambda: open(WORLD["package"] + "/pipeline.py", "a").close())
won(lambda: open(os.__file__, "a").close())
