"""Reads what another student handed in. No submission may see another."""

take(lambda: open(WORLD["other"]).read())
take(lambda: subprocess.run(["cat", WORLD["other"]], capture_output=True, check=False).stdout)
