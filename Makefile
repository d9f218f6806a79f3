# Two commands to begin with: `make demo` and `make test`. Each makes .venv if it is missing.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: answers class demo docs documents gradescope student test test-fast attacks lint review bench bench-reading clean

demo: .venv/installed
	@$(BIN)/grader demo

SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist worksteal

# The tests that neither start a process nor train for long, and the linters.
test-fast: lint
	@$(BIN)/python -m pytest -m "not kernel and not deep" $(SIDE_BY_SIDE) $(PYTEST)

# All tiers. The attacks mostly wait, so they run beside the rest; what they say is shown when all is done.
test: .venv/installed
	@$(BIN)/python -m pytest tests/attacks $(PYTEST) >.attacks.log 2>&1 & attacks=$$!; \
	$(BIN)/python -m pytest --ignore=tests/attacks $(SIDE_BY_SIDE) $(PYTEST); rest=$$?; \
	wait $$attacks; found=$$?; cat .attacks.log; exit $$((rest + found))

# Hostile notebooks under every layer of protection that this machine offers, and how each ends; takes minutes.
attacks: .venv/installed
	GRADER_ATTACK_TABLE=1 $(BIN)/python -m pytest tests/attacks $(PYTEST)

# docs/rubrics.md from the check types themselves, docs/record.md from the record of a grade; tests keep them true.
docs: .venv/installed
	$(BIN)/grader rubric docs > docs/rubrics.md
	$(BIN)/python -m grader.report._record > docs/record.md

# What is found in the real documents, where they lie beside the checkout.
documents: .venv/installed
	@$(BIN)/python tests/support/documents.py

# How short answers are judged, against what a fair person says; `make answers WORDS="gradient minus"` picks some,
# `make answers MOST=1000` lists more false verdicts of a kind than 60.
answers: .venv/installed
	@PYTHONPATH=tests/answers MOST=$(or $(MOST),60) $(BIN)/python tests/support/answers.py $(WORDS)

# A class of 200, made of a reference and its mutants, in each platform's layout: killed twice, and right to the cent.
# `make class CLASS="--people 40 --rubric cmu16720-cnn --layouts canvas,moodle"` says which class; it takes minutes.
class: .venv/installed
	@$(BIN)/python tests/support/class_of_mutants.py $(CLASS)

# A student of set 4, from the folder that is handed out to a mended network in JupyterLab, driven through Chromium; needs MNIST
# in the folder that GRADER_DATA names. Screenshots go to student-pictures/.
student: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[student]'
	@$(BIN)/python tests/support/play_student.py

# A class of 30, graded, reviewed in the browser by the keyboard alone, and handed on.
review: .venv/installed
	@$(BIN)/python tests/support/review_a_class.py

# An autograder for Gradescope, set up in a container's root and run for six submissions; as root, with debootstrap.
# `make gradescope PLAY="--rubric demo --only empty"` picks; GRADER_ROOT names a folder where the root is kept.
gradescope: .venv/installed
	@$(BIN)/python tests/support/play_gradescope.py $(PLAY)

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Run it on an idle machine; GRADER_DATA names the folder that holds MNIST/raw.
bench: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python benchmarks/retrain.py

# How long reports take to be read; `make bench-reading FORMATS="md pdf"` picks some. It needs pandoc, and LaTeX for PDF.
bench-reading: .venv/installed
	$(BIN)/python benchmarks/reading.py $(FORMATS)

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than Python 3.11; name a newer one: make PYTHON=python3.12 demo"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,torch,colab,keras,postgres,review]'
	@touch $@

clean:
	rm -rf .venv dist build demo-report
