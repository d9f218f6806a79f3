"""Raises exceptions whose words hang, are huge, are no text, or that end interpreters. None may reach the grader."""


class Odd(BaseException):
    def __str__(self):
        raise SystemExit(3)


raise Odd
# %%
raise KeyboardInterrupt
# %%
sys.exit("good-bye")
# %%
raise type("\x1b[2J<script>alert(1)</script>", (Exception,), {})("=1+1")
# %%
raise ValueError("x" * 30_000_000)
