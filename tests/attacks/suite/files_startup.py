"""Hands in files that Python, IPython and Jupyter run when they start. None may run before the probe."""

loot = "ran before" if os.path.exists("started") else "it goes on"
# file: sitecustomize.py
open("started", "w").close()
raise SystemExit
# file: usercustomize.py
open("started", "w").close()
raise SystemExit
# file: ipython_config.py
open("started", "w").close()
raise SystemExit
# file: ipython_kernel_config.py
open("started", "w").close()
raise SystemExit
# file: jupyter_config.py
open("started", "w").close()
raise SystemExit
# file: profile_default/startup/00.py
open("started", "w").close()
raise SystemExit
# file: kernel.json
{}
