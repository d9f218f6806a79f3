"""Files become a `Submission`: a folder, an archive or a single file, read under caps."""

from grader.intake.submission import Submission, open_submission, submissions_in

__all__ = ["Submission", "open_submission", "submissions_in"]
