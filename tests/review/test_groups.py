"""Which answers are put together: those that say the same, and none that says something else."""

import itertools
import random

import pytest

from grader.review.groups import groups, near

SAME = {
    "letters": ("It is ZERO.", "it is zero"),
    "marks of Markdown": ("**It** is `zero`", "It is zero"),
    "a quotation, an item": ("> It is zero", "- It is zero"),
    "an end": ("It is zero.", "It is zero"),
    "spaces": ("a  b\n c", "a b c"),
    "idle words": ("Thus the weights are clearly zero.", "The weights are zero"),
    "nothing": ("", " \n"),
}
OTHER = {
    "a number": ("The layer has 608 parameters in all.", "The layer has 680 parameters in all."),
    "a denial": ("The network learns from zero weights.", "The network never learns from zero weights."),
    "not": ("All the units of a layer stay equal.", "All the units of a layer do not stay equal."),
    "a direction": ("The loss of the larger network falls faster.", "The loss of the larger network falls slower."),
    "a sign": ("The output is x + y for all inputs.", "The output is x - y for all inputs."),
    "a relation": ("We need n < 10 units here.", "We need n > 10 units here."),
    "the other way round": ("yes", "no"),
    "something and nothing": ("", "zero"),
    "who is faster": ("SGD is faster than Adam.", "Adam is faster than SGD."),
    "numbers swapped": ("Training accuracy 0.9, test accuracy 0.7", "Training accuracy 0.7, test accuracy 0.9"),
    "models swapped": ("Model A overfits, model B underfits", "Model B overfits, model A underfits"),
    "bias and variance": ("The bias is low and the variance is high", "The bias is high and the variance is low"),
    "a comparison": ("a > b", "b > a"),
    "a difference": ("$x - y$", "$y - x$"),
    "a product": ("$W^T x$", "$x^T W$"),
    "a star": ("w * x * y", "w x y"),
    "a mark at a line's beginning": ("w\n*x", "w\nx"),
    "another word": ("The sigmoid saturates here.", "The ReLU saturates here."),
    "a letter": ("a", ""),
    "another thought": ("The gradient vanishes.", "The weights were drawn at random."),
}


@pytest.mark.parametrize("name", SAME)
def test_what_says_the_same_is_together(name):
    assert groups(SAME[name]) == [[0, 1]]


@pytest.mark.parametrize("name", OTHER)
def test_what_says_something_else_is_not(name):
    assert sorted(groups(OTHER[name])) == [[0], [1]]


# Thoughts that answers to one question hold, each in several words: parts that are put together at random.
THOUGHTS = {
    "vanishes": [
        ("With zero weights", "If all weights are zero", "Starting from zero weights"),
        ("every hidden activation is zero,", "all hidden activations are zero,", "the hidden layer puts out zero,"),
        ("so the gradient of the next weights is zero.", "and so is the gradient of the next weights."),
    ],
    "symmetric": [
        ("All units of a layer", "The units of a layer", "All the units in one layer"),
        ("get the same gradient,", "receive the same gradient,", "have equal gradients,"),
        ("so they stay equal.", "and they stay equal.", "so they stay equal for good."),
    ],
    "wrong: bias": [
        ("The bias", "The bias of the layer", "Its bias"),
        ("is too small", "is far too small", "has the wrong size"),
        ("for the network to learn.", "so that the network can learn."),
    ],
    "wrong: rate": [
        ("The learning rate", "The rate of learning", "Its learning rate"),
        ("is chosen badly", "was chosen badly", "is a bad choice"),
        ("for this network.", "for such a network.", "here."),
    ],
}


def made_class(people=300):
    """(answers, each with its thought): most say something common, a tenth with words of its own."""
    dice = random.Random(7)
    answers = []
    for number in range(people):
        thought = dice.choices(list(THOUGHTS), weights=(6, 4, 2, 1))[0]
        words = " ".join(dice.choice(part) for part in THOUGHTS[thought])
        if number % 10 == 0:
            words += f" This was shown in the lecture of week {dice.randrange(3, 9)}."
        answers.append((dice.choice((words, words.upper(), words.rstrip("."), f"*{words}*")), thought))
    return answers


def test_no_group_of_a_class_of_300_says_two_things_and_many_say_one():
    answers = made_class()
    found = groups([text for text, _ in answers])
    assert sorted(itertools.chain(*found)) == list(range(300))
    assert len(found) <= 150
    assert all(len({answers[number][1] for number in group}) == 1 for group in found)


def test_groups_do_not_follow_from_the_order():
    texts = [text for text, _ in made_class(60)]
    order = list(range(60))
    random.Random(1).shuffle(order)
    again = groups([texts[number] for number in order])
    assert {frozenset(group) for group in groups(texts)} == {frozenset(order[n] for n in group) for group in again}


def test_near_wordings_of_a_class_of_300_take_few_decisions():
    answers = made_class()
    same = groups([text for text, _ in answers])
    thoughts = [answers[group[0]][1] for group in same]
    found = near([answers[group[0]][0] for group in same])
    assert sorted(itertools.chain(*found)) == list(range(len(same)))
    assert max(map(len, found)) <= 12  # as many as somebody reads at once
    # Whoever reads them gives to each thought of a group its own.
    assert sum(len({thoughts[number] for number in group}) for group in found) <= 30


def test_opposites_may_be_near_and_are_never_the_same():
    texts = ["Adam is faster than SGD here.", "SGD is faster than Adam here.", "", "The rate is 0.1", "?!"]
    assert sorted(groups(texts)) == [[0], [1], [2], [3], [4]]
    assert sorted(near(texts)) == [[0, 1], [2], [3], [4]]
    assert near([]) == [] and near(["one"]) == [[0]] and near(["same", "same"]) == [[0, 1]]
