"""Replaces the kernel's own methods by such that return nothing or raise. The clock must end it."""

kernel = get_ipython().kernel
kernel.do_execute = lambda *arguments, **settings: None
type(get_ipython()).run_cell_async = None
kernel.session.send = lambda *arguments, **settings: None
# %%
loot = "it goes on"
