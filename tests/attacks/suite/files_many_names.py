"""Hands in files whose names are options, code and pages. They must stay names."""

loot = "it goes on"
# file: --help.txt
1
# file: <script>alert(1)</script>.txt
1
# file: $(touch x);.txt
1
# file: =1+1.txt
1
