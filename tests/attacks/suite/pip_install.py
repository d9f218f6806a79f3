"""Installs packages into the Python that grades. It must stay as it was."""

for arguments in (["install", "--no-index", "."], ["install", "--user", "."], ["uninstall", "-y", "pytest"]):
    subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True, timeout=4, check=False)
won(lambda: open(f"{WORLD['site']}/{WORLD['mark']}.py", "w").close())
won(lambda: os.remove(f"{WORLD['site']}/_pytest/__init__.py"))
# file: setup.py
from setuptools import setup

setup(name="intruder", version="1", py_modules=["intruder"])
# file: intruder.py
print("installed")
