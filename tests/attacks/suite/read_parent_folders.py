"""Lists the folders above its own and the class's, to learn who handed in what. No name may be seen."""


def look(folder, name):
    if name not in os.listdir(folder):
        raise FileNotFoundError(name)


for folder, name in (("base", "class"), ("base", "rubric.yaml"), ("class", "001-full"), ("results", "001-full")):
    won(lambda: look(WORLD[folder], name))
won(lambda: look(os.path.dirname(WORLD["base"]), os.path.basename(WORLD["base"])))
won(lambda: look(os.path.dirname(WORLD["package"]), "rubrics"))
