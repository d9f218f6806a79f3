"""One class in every platform's layout, in every shape: the same people, the same files, each once."""

from unicodedata import normalize

import pytest
from class_exports import CLASS, HANDED_IN, LAYOUT, SHAPES, WRITERS, Member, contents, roster, written
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.core.handin import Person
from grader.files import alike
from grader.intake import open_submission
from grader.intake.handins import handed_in


def opened(handin):
    with open_submission(handin) as submission:
        assert submission.id == handin.key
        return {name: (submission.root / name).read_bytes() for name in submission.files}


def by_person(found):
    """(all there is, by id), each person checked to be there once."""
    people = [person for handin in found.handins for person in handin.people]
    assert len(people) == len(set(people)) and not set(people) & set(found.missing)
    return {person.id: opened(handin) for handin in found.handins for person in handin.people}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layout", WRITERS)
def test_every_layout_gives_the_same_class(layout, shape, tmp_path):
    path = written(layout, shape, tmp_path)
    (tmp_path / "roster.csv").write_text(roster(CLASS), encoding="utf-8")
    before = contents(tmp_path)
    found = handed_in(path, scratch=tmp_path / "scratch", roster=tmp_path / "roster.csv")
    assert found.layout == LAYOUT.get(layout, layout)
    assert by_person(found) == {member.id: member.files for member in HANDED_IN}
    expected = Person(name="Nobody Here", id="0108", email="s0108@uni.example", user="18")
    assert found.missing == (expected,)
    people = {person.id: person for handin in found.handins for person in handin.people}
    assert all(
        people[member.id].name == member.name and people[member.id].email == member.email for member in HANDED_IN
    )
    again = handed_in(path, scratch=tmp_path / "scratch", roster=tmp_path / "roster.csv")
    assert again == found
    assert {name: content for name, content in contents(tmp_path).items() if not name.startswith("scratch/")} == before


@pytest.mark.parametrize("layout", WRITERS)
def test_without_a_roster_nobody_is_lost(layout, tmp_path):
    found = handed_in(written(layout, "zipped", tmp_path), scratch=tmp_path / "scratch")
    assert sorted(map(sorted, map(opened, found.handins))) == sorted(sorted(member.files) for member in HANDED_IN)
    keys = [alike(handin.key) for handin in found.handins]
    assert len(keys) == len(set(keys)) == len(HANDED_IN)


def test_what_platforms_say_of_when(tmp_path):
    found = handed_in(written("gradescope", "as it is", tmp_path / "g"), scratch=tmp_path)
    by_id = {handin.people[0].id: handin for handin in found.handins}
    assert {member.id: member.at for member in HANDED_IN} == {number: handin.at for number, handin in by_id.items()}
    assert {number for number, handin in by_id.items() if handin.attempt == 2} == {"0103"}
    found = handed_in(written("canvas", "as it is", tmp_path / "c"), scratch=tmp_path)
    assert {int(h.people[0].user) for h in found.handins if h.late} == {m.number for m in HANDED_IN if m.late}
    found = handed_in(written("nbgrader", "as it is", tmp_path / "n"), scratch=tmp_path)
    assert {handin.people[0].id: handin.at for handin in found.handins} == {m.login: m.at for m in HANDED_IN}


names = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="/\\\0"), min_size=1, max_size=12)


@settings(deadline=None)
@given(st.lists(names, min_size=2, max_size=6), st.randoms())
def test_keys_are_unique_stable_and_know_no_order(tmp_path_factory, some, random):
    """Whatever people are called: two have never one key, also where capitals and writings are one."""
    members = [Member(" ".join(name.split()) or "x", n, f"{n:04}", {"a.md": b"x"}) for n, name in enumerate(some, 1)]
    shuffled = random.sample(members, len(members))
    found = [
        handed_in(
            written("gradescope", "as it is", tmp_path_factory.mktemp("e"), each), scratch=tmp_path_factory.mktemp("s")
        )
        for each in (members, shuffled)
    ]
    assert found[0].handins and len(found[0].handins) == len(members)
    keys = [{handin.people[0].id: handin.key for handin in each.handins} for each in found]
    assert keys[0] == keys[1] and len({alike(key) for key in keys[0].values()}) == len(members)
    assert all(
        key and normalize("NFC", key) == key and "/" not in key and not key.startswith(".") for key in keys[0].values()
    )
