"""What in a valid rubric is probably not meant."""

from grader.rubric.model import Rubric


def lint(rubric: Rubric) -> list[str]:
    """Sentences for the author, each with the problem and check it is about; none when all is well."""
    warnings = []
    for section in rubric.sections:
        total = sum(problem.points for problem in rubric.problems if problem.id in section.problems)
        if section.points is not None and section.problems and abs(total - section.points) > 1e-9:
            warnings.append(
                f"section {section.id}: its problems add up to {total:g} points, its heading says {section.points:g}"
            )
    headings = [section.points for section in rubric.sections if section.points is not None]
    if headings and len(headings) == len(rubric.sections) and abs(sum(headings) - rubric.max_score) > 1e-9:
        warnings.append(f"the headings add up to {sum(headings):g} points, the problems to {rubric.max_score:g}")
    listed = {problem for section in rubric.sections for problem in section.problems}
    if rubric.sections:
        warnings += [f"{problem.id} stands in no section" for problem in rubric.problems if problem.id not in listed]
    for problem in rubric.problems:
        for check in problem.checks:
            warnings += [f"{problem.id}/{check.title}: {warning}" for warning in check.lint()]
    return warnings
