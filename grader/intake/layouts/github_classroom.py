"""GitHub Classroom's download of repositories: `<assignment>-submissions/<assignment>-<user or team>/`."""

from grader.core.handin import Person
from grader.core.text import whole
from grader.intake.layouts._export import Export, Found, Tree, folders_in
from grader.intake.layouts._plain import read_rest, share_of_handins

_SUBMISSIONS = "-submissions"


def score(name: str, tree: Tree) -> float:
    """The share of what lies there that is called as the folder is."""
    prefix = _prefix(name)
    return share_of_handins(tree, (folder for folder, _ in folders_in(tree) if prefix and _user(folder, prefix)))


def read(export: Export, assignment: str | None) -> Found:
    """A repository is a hand-in."""
    prefix = _prefix(export.name)
    users = {folder: user for folder, _ in folders_in(export.tree) if (user := _user(folder, prefix))}
    handins = tuple(
        export.handin(Person(user=whole(user)), files=[(folder, "")], source=whole(folder))
        for folder, user in users.items()
    )
    rest = read_rest(export, sorted(set(export.tree) - set(users)), "github_classroom")
    return Found(handins=(*handins, *rest.handins), said=rest.said)


def _prefix(name: str) -> str:
    """What the names of the repositories begin with; empty where the folder is not called so."""
    before, ending, after = name.rpartition(_SUBMISSIONS)
    # Downloads that meet one of their name are called `hw4-submissions (1)`, `hw4-submissions-2`.
    return f"{before}-" if ending and before and not after.strip(" ()-_0123456789") else ""


def _user(folder: str, prefix: str) -> str:
    return folder[len(prefix) :] if folder.casefold().startswith(prefix.casefold()) else ""
