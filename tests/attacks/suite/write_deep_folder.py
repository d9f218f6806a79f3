"""Makes folders 5000 deep, deeper than a path can be long or a function call itself. They must be removed."""

for _ in range(5000):
    os.mkdir("d")
    os.chdir("d")
