"""Files become a `Submission`: a folder, an archive or a single file, read under caps."""

from grader.intake.contents import Contents, read_contents
from grader.intake.reader import FileReader
from grader.intake.submission import Submission, open_submission

__all__ = ["Contents", "FileReader", "Submission", "open_submission", "read_contents"]
