"""Reads the grader's memory through /proc. Not a byte of it may be readable."""


def memory(pid):
    found = b""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            span, rights = line.split()[:2]
            first, last = (int(part, 16) for part in span.split("-"))
            if rights.startswith("rw") and last - first < 2**26 and "[v" not in line:
                mem.seek(first)
                found += b" ".join(re.findall(rb"secret-[a-z]+-[0-9a-f]{16}", mem.read(last - first)))
    return found


# %%
take(lambda: memory(WORLD["grader"]))
won(lambda: open(f"/proc/{WORLD['grader']}/mem", "rb").close())
won(lambda: open(f"/proc/{WORLD['grader']}/maps").read())
