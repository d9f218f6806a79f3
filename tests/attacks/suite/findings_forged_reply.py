"""Answers the grader's question itself, before its cell has ended, with a status of its own. It must gain nothing."""

kernel = get_ipython().kernel
for content in ({"status": "ok"}, {"status": "ok", "payload": [{"score": 99}]}, {"status": ["ok"]}, {}):
    kernel.session.send(
        kernel.shell_stream.socket,
        "execute_reply",
        content,
        parent=kernel.get_parent("shell"),
        ident=kernel._get_shell_context_var(kernel._shell_parent_ident),
    )
time.sleep(1)
# %%
loot = "it goes on"
