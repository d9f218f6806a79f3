"""Sends one reply of many parts, each as large as a message may be. The grader's memory must not grow with it."""

kernel = get_ipython().kernel
socket, ident = kernel.shell_stream.socket, kernel._get_shell_context_var(kernel._shell_parent_ident)
socket.send_multipart([*ident, b"<IDS|MSG>", b"x", *[bytes(3_900_000)] * 100], copy=False)
time.sleep(2)
