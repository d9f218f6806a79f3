"""Reads the ssh key, the .netrc and the shell's files of the user who grades. They must stay unreadable."""

for name in (".ssh/id_ed25519", ".netrc", ".bashrc"):
    take(lambda: open(os.path.join(WORLD["home"], name)).read())
won(lambda: os.listdir(WORLD["home"] + "/.ssh"))
