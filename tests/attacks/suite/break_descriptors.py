"""Closes all its open files and sockets. The grader must notice, or wait no longer than a cell may take."""

os.closerange(0, 4096)
