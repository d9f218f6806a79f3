"""Both sides of the protocol are the same: what the guest writes is what the host reads, field by field."""

import dataclasses
import enum
import types
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core import choices, network
from grader.guest import protocol
from grader.guest.protocol import Blocks, GapKind
from grader.observation import findings, recognition

# Each record of the guest, and the host's.
RECORDS = {
    protocol.Gap: network.Gap,
    protocol.Layer: network.LayerSpec,
    protocol.Loose: network.LooseTensor,
    protocol.Spec: network.ModelSpec,
    protocol.Named: findings.Named,
    protocol.ParameterGroup: network.ParameterGroup,
    protocol.Clipping: findings.Clipping,
    protocol.Accumulation: findings.Accumulation,
    protocol.Schedule: findings.Schedule,
    protocol.Transform: findings.Transform,
    protocol.Data: findings.Data,
    protocol.Loader: findings.Loader,
    protocol.Sample: recognition.Sample,
    protocol.Watched: choices.Watched,
    protocol.EpochRule: choices.EpochRule,
    protocol.HeldOut: findings.HeldOut,
    protocol.Training: findings.Training,
    protocol.Unstepped: findings.Unstepped,
    protocol.Failure: findings.Failure,
    protocol.Findings: findings.Findings,
}
HERE = [kind for kind in vars(protocol).values() if dataclasses.is_dataclass(kind)]
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | NUMBERS | WORDS
# What stands for types that say less than what is written.
SETTINGS = st.dictionaries(WORDS, SCALARS | st.lists(SCALARS, max_size=3), max_size=3)
TRANSFORMS = st.builds(protocol.Transform, WORDS, v2=st.booleans(), settings=SETTINGS)
WATCHED = st.builds(
    protocol.Watched, st.sampled_from(["loss", "accuracy"]), st.sampled_from(["training", "validation"]),
    st.sampled_from(["sample", "batch"]), st.none() | st.integers(1, 2**40), st.floats(0.001, 1e9),
)  # fmt: skip
RULES = st.builds(
    protocol.EpochRule,
    WATCHED,
    st.sampled_from(["lower", "higher"]), st.floats(-1e9, 1e9), st.booleans(), st.none() | st.floats(-1e9, 1e9),
    st.integers(0, 2**40), st.none() | st.floats(-1e9, 1e9), st.none() | st.integers(0, 2**40),
)  # fmt: skip
SCHEDULE = (
    protocol.Schedule, WORDS, SETTINGS, st.lists(WORDS, max_size=2), st.integers(0, 2**40), st.booleans(),
)  # fmt: skip
ODD = {
    protocol.Settings: SETTINGS, dict[str, object]: SETTINGS, float: st.floats(-1e9, 1e9),
    protocol.Schedule: st.builds(
        *SCHEDULE,
        st.lists(st.builds(*SCHEDULE), max_size=2),
        st.none() | WATCHED,
    ),
    protocol.EpochRule: RULES,
    protocol.Transform: st.builds(protocol.Transform, WORDS, parts=st.lists(TRANSFORMS, max_size=2), settings=SETTINGS),
}  # fmt: skip


def shape(kind):
    """A type as far as JSON knows it: tuples are lists, bounds and the names of records don't count."""
    if kind in RECORDS.values():
        kind = next(guest for guest, host in RECORDS.items() if host is kind)
    if kind is network.InitialSpec:
        kind = protocol.Named
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return shape(args[0])
    if origin in (tuple, list):
        return ("list", shape(args[0]))
    if origin is dict:
        return ("dict", shape(args[1]))
    if origin in (typing.Union, types.UnionType):
        return frozenset(shape(arg) for arg in args)
    if origin is typing.Literal:
        return str
    return kind


def test_every_record_of_the_guest_has_one_on_the_host():
    assert set(HERE) == {*RECORDS, protocol.Config}


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_both_sides_have_the_same_fields_of_the_same_types(kind):
    hints = typing.get_type_hints(kind)
    there = typing.get_type_hints(RECORDS[kind])
    host = {name: shape(there[name]) for name in RECORDS[kind].model_fields}
    assert {f.name: shape(hints[f.name]) for f in dataclasses.fields(kind)} == host


def written(kind):
    """Anything that the guest may write of a kind."""
    if kind in ODD:
        return ODD[kind]
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{f.name: written(hints[f.name]) for f in dataclasses.fields(kind)})
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return st.lists(written(args[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(WORDS, written(args[1]), max_size=2)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*map(written, args))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(list(kind))
    return {str: WORDS, bool: st.booleans(), int: st.integers(-(2**40), 2**40), type(None): st.none()}[kind]


@given(written(protocol.Findings))
def test_what_the_guest_writes_the_host_reads(found):
    for loose in (tensor for training in found.trainings if training.spec for tensor in training.spec.loose):
        loose.kind = "buffer"
    read, wrong = findings.read_findings(found.to_json())
    assert wrong == ""
    assert [t.model_dump(mode="json") for t in read.trainings] == [
        findings.Training.model_validate(dataclasses.asdict(t)).model_dump(mode="json") for t in found.trainings
    ]
    assert (len(read.trainings), list(read.unfinished), list(read.faults)) == (
        len(found.trainings), found.unfinished, found.faults
    )  # fmt: skip


@given(st.builds(protocol.Config, **{
    f.name: written(typing.get_type_hints(protocol.Config)[f.name]) for f in dataclasses.fields(protocol.Config)
}))  # fmt: skip
def test_what_the_kernel_is_told_arrives(config):
    assert protocol.Config.from_json(config.to_json()) == config


def test_what_cannot_be_counted_is_never_trained_again():
    for kind in GapKind:
        assert Blocks.REFIT in kind.blocks or not kind.blocks, kind
        assert Blocks.REPLAY in kind.blocks or Blocks.COUNTING not in kind.blocks, kind


def test_a_gap_is_said_once_in_words_that_cross():
    training = protocol.Training(0, 1, "net", 2, protocol.Named("SGD"))
    for _ in range(3):
        training.note(GapKind.LOSS, "x" * 1000)
    for number in range(200):
        training.note(GapKind.DATA, number)
    assert len(training.gaps) == protocol.MOST_GAPS and len(training.gaps[0].why) == protocol.MOST_WORDS
    assert findings.Training.model_validate(dataclasses.asdict(training)).gaps[0].kind is GapKind.LOSS
