"""What is compared of hand-ins, read as grading reads them: in a confined process."""

from pathlib import Path

from grader.alike.extract import code_of, files_of, logs_of, networks_of, texts_of, wrong_answers_of
from grader.alike.record import Work
from grader.core.errors import SubmissionError
from grader.core.handin import Handin
from grader.core.outcome import Grade
from grader.execution import Sandbox, read_documents
from grader.intake import read_contents
from grader.observation.notebooks import saved_logs, words_of
from grader.reading import opened, reading


def work_of(given: Handin | Path, sandbox: Sandbox, grade: Grade | None = None) -> Work:
    """What a hand-in, or a handout, holds, and what its grade tells of it. What can't be read is left out."""
    known = (
        Work(key=given.key, people=given.people, at=given.at, attempt=given.attempt)
        if isinstance(given, Handin)
        else Work(key=given.name)
    )
    told = {"networks": networks_of(grade), "wrong": wrong_answers_of(grade)} if grade else {}
    try:
        with opened(given, sandbox) as submission, reading(sandbox) as reader:
            contents = read_contents(submission, reader)
            cells = {file: words_of(notebook) for file, notebook in contents.notebooks.items()}
            documents, _ = read_documents(
                {file: submission.root / file for file in contents.documents},
                submission.root,
                reader.readings,
                endings=contents.documents,
                notebooks={file: words for file, words in cells.items() if any(text.strip() for _, text in words)},
            )
            return known.model_copy(
                update={
                    **told,
                    "code": tuple(p for file, notebook in contents.notebooks.items() for p in code_of(file, notebook)),
                    "logs": tuple(
                        log for file, nb in contents.notebooks.items() for log in logs_of(saved_logs(nb, file))
                    ),
                    "texts": texts_of(*documents.values()),
                    "files": files_of(submission.root, [*contents.documents, *contents.notebooks]),
                }
            )
    except (SubmissionError, OSError):
        return known.model_copy(update=told)
