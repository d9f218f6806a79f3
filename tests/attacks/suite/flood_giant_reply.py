"""Sends one reply of 200 MB. The grader must not take it in."""

kernel = get_ipython().kernel
kernel.session.send(
    kernel.shell_stream.socket,
    "execute_reply",
    {"status": "ok", "x": "y" * 200_000_000},
    parent=kernel.get_parent("shell"),
    ident=kernel._get_shell_context_var(kernel._shell_parent_ident),
)
time.sleep(1)
