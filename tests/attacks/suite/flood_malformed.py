"""Sends messages that are no messages: wrong signatures, no JSON, deep JSON, none at all. The grader must live."""

kernel = get_ipython().kernel
session, socket = kernel.session, kernel.shell_stream.socket
ident = kernel._get_shell_context_var(kernel._shell_parent_ident)
for parts in (
    [],
    [b""],
    [b"{"] * 4,
    [b"[" * 10**6] * 4,
    [b"null"] * 4,
    [b"[]"] * 4,
    [b"\xff"] * 4,
    [b'{"msg_id": 1}'] * 9,
):
    socket.send_multipart([*ident, b"<IDS|MSG>", session.sign(parts), *parts])
    socket.send_multipart([*ident, b"<IDS|MSG>", b"wrong", *parts])
socket.send_multipart([*ident, b"no delimiter"])
