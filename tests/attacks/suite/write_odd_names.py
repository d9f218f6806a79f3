"""Makes files whose names are no text, hold newlines and escapes, or are as long as a name can be."""

for name in (b"\xff\xfe", b"a\nb", b"\x1b[2J", b"-rf", b"x" * 255, b"~", b"$(touch x)", b" "):
    os.mkdir(name)
    open(name + b"/" + name, "w").close()
