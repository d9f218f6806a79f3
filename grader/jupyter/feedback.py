"""What a check shows in a notebook: the page's part for the problem, or plain text where pages aren't shown."""

from html import escape

from grader.core.outcome import Grade
from grader.report import FORMATS


class Feedback:
    """A grade that notebooks show as a page."""

    def __init__(self, grade: Grade) -> None:
        self.grade = grade

    def __repr__(self) -> str:
        return FORMATS["checklist"](self.grade)

    def _repr_html_(self) -> str:
        # A frame of its own: the notebook's styles and the page's don't meet, and nothing in it runs.
        (problem,) = self.grade.problems
        page = escape(FORMATS["html"](self.grade), quote=True)
        title = escape(f"Feedback to problem {problem.id}", quote=True)
        return (
            f'<iframe title="{title}" srcdoc="{page}" sandbox="" '
            'style="width:100%;height:36rem;border:1px solid #ccc;background:#fff"></iframe>'
        )
