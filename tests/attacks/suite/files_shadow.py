"""Hands in modules named like those that the kernel and the probe import. They must not run in their place."""

import json as mine

loot = "it goes on"
# file: json.py
raise SystemExit("the student's own json")
# file: ipykernel.py
raise SystemExit("the student's own ipykernel")
# file: grader_guest.py
raise SystemExit("the student's own grader_guest")
# file: zmq.py
raise SystemExit("the student's own zmq")
# file: traitlets/__init__.py
raise SystemExit("the student's own traitlets")
# file: random.py
raise SystemExit("the student's own random")
# file: torch.py
raise SystemExit("the student's own torch")
# file: numpy.py
raise SystemExit("the student's own numpy")
