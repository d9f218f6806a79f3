"""Calls itself without end, and takes away the limit on it. The notebook may die, nothing else."""


def again():
    return again()


try:
    again()
except RecursionError:
    pass
# %%
sys.setrecursionlimit(2**31 - 1)
value = None
for _ in range(10**6):
    value = [value]
repr(value)
