"""A rubric file becomes a `Rubric`: YAML with line-numbered errors, a JSON Schema, and lint."""

from grader.rubric.load import available_rubrics, load_rubric
from grader.rubric.model import Mutant, Problem, Rubric

__all__ = ["Mutant", "Problem", "Rubric", "available_rubrics", "load_rubric"]
