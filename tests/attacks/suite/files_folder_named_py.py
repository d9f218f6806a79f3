"""Hands in a folder whose name ends like a script's. It must be as good as any other folder."""

loot = "it goes on"
# file: helper.py/notes.txt
1
