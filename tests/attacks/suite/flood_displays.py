"""Shows 50,000 things. The grader's memory must not grow."""

from IPython.display import HTML, display

for _ in range(50_000):
    display(HTML("<b>x</b>" * 100))
