"""Makes links to secrets in its own folder, soft and hard, and reads through them. Links must lead nowhere."""

for number, name in enumerate(("rubric", "other", "beside")):
    os.symlink(WORLD[name], f"soft{number}.txt")
    take(lambda: open(f"soft{number}.txt").read())
    try:
        os.link(WORLD[name], f"hard{number}.txt")
    except OSError:
        continue
    take(lambda: open(f"hard{number}.txt").read())
    loot += WORLD["flag"]
os.symlink(WORLD["class"], "class")
won(lambda: os.listdir("class"))
