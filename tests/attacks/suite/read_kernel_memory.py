"""Searches everything that its own kernel was ever told for the hidden value. It must never have been there."""

import gc


def texts():
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            for value in (*thing.values(), *thing.keys()):
                if isinstance(value, str) and len(value) < 10**6:
                    yield value


# %%
take(lambda: " ".join(text for text in texts() if "secret-" in text))
for folder, _, names in (*os.walk(os.path.expanduser("~")), *os.walk(".")):
    for name in names:
        if os.path.isfile(os.path.join(folder, name)):
            take(lambda: open(os.path.join(folder, name), "rb").read())
