"""Whether reading takes a time that grows with the length alone."""

import time


def grows_with_length(read, text):
    """Four times the text takes at most ten times as long, where a time that grows with its square takes sixteen.

    Machines differ in speed, and this doesn't; a second is for what takes next to nothing.
    """

    def seconds(part):
        started = time.process_time()
        read(part)
        return time.process_time() - started

    return seconds(text) <= 10 * seconds(text[: len(text) // 4]) + 1
