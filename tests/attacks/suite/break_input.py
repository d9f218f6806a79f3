"""Asks for input, of the kernel and of the terminal. Nobody may wait for an answer."""

input("password: ")
# %%
sys.stdin.read()
# %%
os.read(0, 10)
