"""Hands in links to the rubric and to another submission as its report. Links must be left out, not read."""

take(lambda: open("report2.md").read())
take(lambda: open("answers.txt").read())
# link: report2.md rubric
# link: answers.txt other
# link: everything class
