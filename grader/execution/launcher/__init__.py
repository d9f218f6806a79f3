"""Confines a process before it runs a stranger's code; standard library only, since it starts once for every kernel."""
