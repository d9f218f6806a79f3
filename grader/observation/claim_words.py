"""The words that say of what an accuracy is, and those that name one."""

import re

from grader.core.evidence import ClaimScope

_FLAGS = re.IGNORECASE
# What names an accuracy, in the languages of courses. `precision` is another measure; `précision` is not.
ACCURACY = re.compile(
    r"(?<![a-z])(?:(?:test|train|val|valid|eval|dev)?acc(?:uracy|uracies|\.)?(?:_score)?|accs"
    r"|[a-zäöüß]{0,20}genauigkeit(?:en)?|trefferquote|exactitude|précision|precisión|exactitud|acur[áa]cia|accuratezza"
    r"|nauwkeurigheid|doğruluk)(?![a-zäöüßé])|точность|准确率|準確率|正確率|正解率|정확도",
    _FLAGS,
)
# What names one beside a percentage or a ratio alone: `9781/10000 correct`.
CORRECT = re.compile(r"(?<![a-z])(?:correct(?:ly)?|richtig|correcte?s?)(?![a-z])", _FLAGS)
_TEST = re.compile(
    r"(?<![a-z])(?:test(?:ing|s|set|data|daten\w{0,10}|menge|bilder\w?)?|eval(?:uation|uate)?|held[ -]?out"
    r"|unseen|prueba|teste?|(?:x_?|y_?)?te(?=[._ ]{0,2}acc))(?![a-z])"
    r"|(?<![a-z])test[a-zäöü]{0,12}genauigkeit|(?<![a-z])testacc",
    _FLAGS,
)
_VALIDATION = re.compile(
    r"(?<![a-z])(?:val(?:id(?:ation|ierung\w{0,20})?)?|dev)(?![a-z])|(?<![a-z])val(?:id)?acc", _FLAGS
)
_TRAINING = re.compile(
    r"(?<![a-z])(?:train(?:ing|set|data)?|trn?(?=[._ ]{0,2}acc)|trn"
    r"|trainings?\w{0,20}|entra[iî]nement|apprentissage|entrenamiento|treino)(?![a-z])"
    r"|(?<![a-z])trainacc",
    _FLAGS,
)
_SETS = (_TEST, _VALIDATION, _TRAINING)
_PAIR = re.compile(
    r"(?<![a-z])train\w{0,4}\s?(?:/|&|,|\band\b)\s?(?:test|val)|(?<![a-z])(?:test|val)\w{0,7}\s?(?:/|&|,|\band\b)\s?train",
    _FLAGS,
)
_GOALS = "target|goal|threshold|required?|requirement|needed|minimum|desired|want(?:ed)?|at least|expected"
_CHANCE = r"baseline|chance|random(?!ly|\s?seed)|guess(?:ing|es)?|majority|dummy|naive|untrained|initial|before"
_OTHERS = (
    "human|state of the art|sota|paper|literature|tutorial|previous(?:ly)?|old|logistic|svm|svc|k-?nn|nearest|forest"
    "|tree|bayes|sklearn|scikit|linear model|ensemble"
)
_CHANGES = (
    r"improv\w{0,6}|gain(?:ed)?|drop(?:ped|s)?|differ\w{0,6}|increas\w{0,4}|decreas\w{0,4}|delta|change|gap|std|deviation"
    r"|variance|balanced"
)
_NOT_ITS_OWN = re.compile(rf"(?<![a-z])(?:{_GOALS}|{_CHANCE}|{_OTHERS}|{_CHANGES})(?![a-z])", _FLAGS)
_PART = re.compile(
    r"(?<![a-z])(?:class|digit|category|label|klasse|ziffer|chiffre)(?:es|n)?\s{0,2}(?:[:#=(]|['\"]|\d|no\b)"
    r"|\b(?:of|for)\s(?:the\s)?(?:class|digit|category|label)\s"
    r"|\b(?:per|each|by)[ -](?:class|digit|label|category)|class-?wise"
    r"|(?<![a-z])(?:fold|cv|cross[- ]?val\w{0,7})(?![a-z])"
    r"|top[-_ ]?(?:[2-9]|10)(?!\d)|@\s?[2-9]|\bETA\b"
    r"|\b(?:of|for)\s{1,8}['\"]?(?:\d|zero|one|two|three|four|five|six|seven|eight|nine)['\"]?\s{0,8}(?::|=|\bis\b)",
    _FLAGS,
)
_BATCH = re.compile(
    r"(?<![a-z/])(?:mini-?)?(?:batch|step|iter(?:ation)?)(?:es|s)?(?![a-z]|[ _-]?(?:size|norm))", _FLAGS
)
_PROGRESS = re.compile(r"\d\s?(?:it|batch|step|epoch)s?/s|s/(?:it|batch|epoch)\b|\d%\|", _FLAGS)
# One of several things that a list goes through: `Accuracy of plane : 97 %`.
ONE_OF = re.compile(r"\b(?:of|for)\s{1,8}['\"]?([^\W\d_][\w/-]{0,14})['\"]?\s{0,8}(?::|\bis\b)", _FLAGS)
_NO_NAME = frozenset(("the", "my", "our", "this", "all", "model", "net", "network", "it", "set", "data"))


def scope_of(words: str, line_before: str) -> ClaimScope:
    """Of what an accuracy is by the words that belong to it; `line_before` is what its line says before them."""
    if _PART.search(words):
        return "part"
    if _NOT_ITS_OWN.search(words):
        return "other"
    if _PAIR.search(words):
        return "unclear"
    if _TEST.search(words):
        return "test"
    if _VALIDATION.search(words):
        return "validation"
    if _TRAINING.search(words):
        return "training"
    if _BATCH.search(line_before[-100:]) and not _TEST.search(line_before[:100]):
        return "part"
    return "running" if _PROGRESS.search(line_before[-200:]) else "unnamed"


def names_a_set(words: str) -> bool:
    """Whether words tell the test, the validation or the training set."""
    return any(pattern.search(words) for pattern in _SETS)


def last_set(words: str) -> str:
    """The word that names a set, where words do so several times the last one: `test` of `train loss 0.1 test loss`."""
    found = [match for pattern in _SETS for match in pattern.finditer(words[-300:])]
    return max(found, key=lambda match: match.start())[0] if found else ""


def one_of_several(words: str) -> str:
    """What an accuracy is said to be of, where that may be one of several: the `plane` of `Accuracy of plane :`."""
    found = ONE_OF.search(words)
    name = found[1].lower() if found else ""
    return "" if name in _NO_NAME or names_a_set(name) else name
