"""Starts twenty processes that hold a hundred megabytes each: every one by itself is within the limit."""

children = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        held = bytearray(b"x") * (100 << 20)
        time.sleep(20)
        os._exit(0)
    children.append(child)
time.sleep(5)
if all(os.waitpid(child, os.WNOHANG)[0] == 0 for child in children):
    loot += WORLD["flag"]
for child in children:
    os.kill(child, 9)
