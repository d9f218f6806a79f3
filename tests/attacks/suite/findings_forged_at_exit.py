"""Lets the process write a forged report while it ends, and whenever a cell begins. It must earn nothing."""

# %% digits
# %% forged
import atexit

forged["seen"] = [{"values": X[i].tolist(), "label": int(y[i])} for i in range(4)]


def last(*_, text=json.dumps({"trainings": [forged]})):
    open(path, "w").write(text)


atexit.register(last)
get_ipython().events.register("pre_execute", last)
last()
# output: Test accuracy: 0.9000
