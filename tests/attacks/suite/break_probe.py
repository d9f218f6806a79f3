"""Takes the probe's hooks away and breaks its objects. Nothing may be gained by that."""

import gc

events = get_ipython().events
for callbacks in events.callbacks.values():
    callbacks.clear()
for name in [name for name in sys.modules if name.startswith("grader_guest")]:
    for key in list(vars(sys.modules[name])):
        if not key.startswith("__"):
            setattr(sys.modules[name], key, None)
# %%
loot = "it goes on"
