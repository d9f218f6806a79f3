"""What a text says of a value that stands in it: how clearly it is asserted, and why it may not be meant.

A value is judged by the words of its own sentence, nearest first; every pattern looks at a bounded window.
"""

import re
from collections.abc import Sequence

from grader.core.evidence import Doubt
from grader.observation.numbers import Number

_WINDOW = 240
_SENTENCE_END = re.compile(r"(?<=[.!;?])[)\]\"'”’]{0,2}\s+(?=[A-Z(\"“‘$\\¡¿]|\d)|(?<=[?])\s+|\n\s*\n|\n(?=\s*[-*|\d])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|ca|approx|fig|eq|no|nr|vs|resp|incl|max|min|acc|param|params)\.|\b[A-Z]\.)\s*$",
    re.IGNORECASE,
)
# Where one statement ends and another begins within a sentence.
CLAUSE = re.compile(
    r"[,;.|()]|:\s(?=[^\d\s$]{1,40}\s)|\b(?:and|while|whereas|but|however|although|though|yet|because|since|which|where|so|not)\b|\n(?=[^\n:]{1,40}:)"
)

_STRONG = (
    r"(?:=|≈|≃|\\approx|\\simeq|→|⇒|\\rightarrow|\\Rightarrow|\\implies|->|=>|:|\b(?:is|are|was|were|be|has|have|had|equals?|equal\s+to"
    r"|gives?|gave|get|gets|got|gotten|obtain(?:s|ed)?|reach(?:es|ed)?|achiev(?:es|ed|e)|hits?|needs?|makes?|yields?|contains?"
    r"|so|thus|therefore|hence|exactly|totals?|total\s+of|comes\s+to|amounts\s+to|adds\s+up\s+to|sums?\s+to|results?\s+in"
    r"|of|ist|sind|hat|beträgt|ergibt|es|son|tiene|est|sont|gibt|donne))"
)
_APPROXIMATELY = r"(?:about|approx(?:imately|\.)?|around|roughly|circa|ca\.?|~|\\sim|≈|precisely|exactly|only|just|now|then|also|again|simply|indeed|always)"
_ASSERTING = re.compile(rf"{_STRONG}[\s$*_({{\[]*(?:{_APPROXIMATELY}[\s$*_({{\[]*){{0,2}}$", re.IGNORECASE)
_FINAL = re.compile(
    r"(?:\\boxed\s*\{|\\fbox\s*\{|\b(?:final|my|our|the)?\s?(?:answer|ans|solution|result|antwort|lösung|ergebnis|respuesta|réponse)\b"
    r"(?:\s+(?:is|ist|to\s+\S{1,20}|for\s+\S{1,20}))?\s*(?:is|are|:|=|-|–|—|→|->|ist)?"
    r"|\b(?:grand\s+|overall\s+)?(?:total|sum)(?:\s+(?:number|count|of|parameters?|params?|weights?|the|in)){0,4}\s*(?:is|are|:|=|->|→)"
    r"|\b(?:in\s+total|altogether|overall|all\s+together|all\s+in\s+all|in\s+all|insgesamt|en\s+total|au\s+total)\s*,?\s*(?:it\s+is|there\s+are|we\s+(?:have|get)|it\s+has|that\s+(?:is|makes|gives)|:|=)?)"
    rf"[\s$*_({{\[]*(?:{_APPROXIMATELY}[\s$*_({{\[]*)?$",
    re.IGNORECASE,
)
_FINAL_BEHIND = re.compile(
    r"^\s*[$*_})\]]{0,4}\s*(?:\w+\s){0,3}(?:in\s+total|altogether|in\s+all|overall|total\b|is\s+(?:the|my|our)\s+(?:final\s+)?answer)",
    re.IGNORECASE,
)

_GAP = r"[\s$*_({\[]*(?:the\s|a\s|an\s|just\s|simply\s|equal\s+to\s|exactly\s|as\s|any\s)*[\s$*_({\[]*"
_DENIED = re.compile(
    rf"(?:\b(?:not|isn['’]?t|aren['’]?t|wasn['’]?t|weren['’]?t|never|no\s+longer|rather\s+than|instead\s+of|unlike|except|nicht|kein|pas|neither|nor)\b"
    rf"|≠|\\neq?(?![a-z])|!=|<>){_GAP}$",
    re.IGNORECASE,
)
_DENIED_BEHIND = re.compile(
    r"^[\s$*_})\]]*(?:\w+\s){0,2}(?:is|are|was|were|would\s+be|would\s+have\s+been|ist)\s+(?:\w+\s)?(?:wrong|incorrect|false|not\b|too\s|impossible|a\s+mistake|falsch)",
    re.IGNORECASE,
)
_BOUND = (
    r"(?:more\s+than|less\s+than|fewer\s+than|lower\s+than|higher\s+than|greater\s+than|larger\s+than|smaller\s+than|bigger\s+than"
    r"|better\s+than|worse\s+than|at\s+least|at\s+most|no\s+(?:more|less|fewer)\s+than|up\s+to|over|under|above|below|beyond|within"
    r"|exceed(?:s|ed|ing)?|almost|nearly|close\s+to|just\s+(?:short|shy)\s+of|maximum\s+of|minimum\s+of|max\.?|min\.?|limit\s+of|limited\s+to"
    r"|mehr\s+als|weniger\s+als|mindestens|höchstens|>=|<=|>|<|≥|≤|⩾|⩽|\\geq?(?:slant)?|\\leq?(?:slant)?|\\gt|\\lt|\\gg|\\ll)"
)
_BOUNDED = re.compile(rf"(?<!\w){_BOUND}{_GAP}$", re.IGNORECASE)
_BOUNDED_BEHIND = re.compile(
    r"^[\s$*_})\]]*(?:\w+\s)?(?:or\s+(?:more|less|fewer|higher|lower|so|better)|and\s+(?:above|below|more|up)\b|at\s+(?:least|most)\b|(?:\+|plus)(?=[\s.,;]|$)|[<>≤≥]\s*\D)",
    re.IGNORECASE,
)
# What makes another number of it: twice 608, 8 less than 608, 608!
_RELATIVE = re.compile(
    r"\b(?:twice|half(?:\s+of)?|double|triple|(?:third|quarter|tenth|fraction|percent|multiple|factor|\d+\s*%)\s+of|times)"
    r"(?:\s+the)?[\s$]*$",
    re.IGNORECASE,
)
_RELATIVE_BEHIND = re.compile(
    r"^[\s$*_})\]]*(?:!+\s*[a-z]|(?:\w+\s)?(?:more|less|fewer|higher|lower|larger|smaller)\s+than\b)"
)
_REQUIRED_BEHIND = re.compile(
    r"^[\s$*_})\]%]*(?:\w+\s){0,2}(?:(?:is|was|are|were)\s+)?(?:required|demanded|asked\s+for|the\s+(?:threshold|target|goal|requirement|budget|limit|minimum|bar))\b",
    re.IGNORECASE,
)
_INPUT = re.compile(
    r"\b(?:inputs?|from|images?|original|eingabe|pictures?|entrada|entrée)\b[^.;,]{0,40}$", re.IGNORECASE
)
_OUTPUT = re.compile(
    r"\b(?:outputs?|to|becomes?|gives?|ausgabe|result\w*|after|salida|sortie)\b|→|\\rightarrow|->|\\to\b", re.IGNORECASE
)
_REQUIRED = re.compile(
    r"\b(?:should|must|shall|needs?\s+to|ha(?:s|ve|d)\s+to|require[sd]?|requirement|goal|target|threshold|cut-?off|criterion|budget|limit|wanted|asked|asks|demand(?:s|ed)?"
    r"|allowed|allows|supposed|expected|aim(?:s|ed)?|want|hoped|hoping|soll(?:te)?|muss)\b",
    re.IGNORECASE,
)
_PLAIN_REQUIREMENT = re.compile(
    r"\b(?:requirement|goal|target|threshold|cut-?off|criterion|budget|required|asked(?:\s+for)?|allowed|aim(?:s|ed)?|wanted|demanded|hoped)\b[^.;,]{0,40}$",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"\b(?:(?:a|my|the|our|some|another)\s+(?:friend|classmate|colleague|partner|room-?mate|neighbou?r|study\s+group|brother|sister|tutor|team-?mate|labmate)s?\b"
    r"|someone|somebody|others|other\s+(?:students|people|groups?)|people|chat\s?gpt|gpt(?:-\d)?|gemini|copilot|claude|the\s+(?:internet|ta|tas|professor|prof|instructor|lecturer|book|textbook|paper|lecture|slides?|staff|forum|key|website|docs?|documentation|authors?)"
    r"|wikipedia|stack\s?overflow|piazza|ed|reddit|last\s+year)\b[^.;]{0,60}$",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:i|me|my\s+(?:answer|own|result|count|network|model)|mine|we|our)\b(?![^.;,]{0,30}\b(?:friend|classmate|partner|colleague)s?\b)",
    re.IGNORECASE,
)
_OWN_AGAIN = re.compile(
    r"\b(?:but|however|while|whereas|yet|though)\b[^.;]{0,60}\b(?:i|me|my|mine|we|our|us)\b|\bmy\s+(?:own\s+)?(?:answer|result|count)\b",
    re.IGNORECASE,
)
_GUESSED = re.compile(
    r"\b(?:maybe|perhaps|possibly|might\s+be|may\s+be|could\s+be|guess(?:ing)?|not\s+sure|unsure|not\s+certain|no\s+idea|idk|vielleicht|presumably|random)\b",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(
    r"^[^.!?\n]{0,50}?[\s,.;:!–—(-]{0,4}(?:\bno\b\s*[,.!–—-]|no\s+wait|wait\b|sorry\b|oops|ups\b|whoops|correction\b|corrected\b|i\s+mean(?:t)?\b|scratch\s+that|strike\s+that"
    r"|make\s+that|hold\s+on|that(?:['’]s|\s+is|\s+was)\s+(?:wrong|not\s+right|incorrect|a\s+mistake)|my\s+mistake|my\s+bad|edit\s*:|typo|or\s+rather|actually\b|on\s+second\s+thought|nein\b|this\s+is\s+wrong|i\s+forgot|forgot\s+the|should\s+have\s+been)",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\b(?:each|per|every|either|both|one\s+(?:filter|kernel|neuron|unit|channel|layer|such)|a\s+single|single|apiece|jeder|pro|je)\b",
    re.IGNORECASE,
)
_PART_BEHIND = re.compile(
    r"^[\s$*_})\]]*(?:\w+\s){0,3}(?:each|apiece|per\s|for\s+(?:each|every|one|a\s+single)\b|in\s+(?:each|every|one)\b|pro\s|je\b)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"(?:\b(?:problem|question|exercise|task|part|section|sec\.|figure|fig\.?|table|tab\.|equation|eq\.?|step|layer|conv|epoch|page|p\.|pp\.|chapter|set|homework|hw|line|cell"
    r"|appendix|seed|image|experiment|trial|run|fold|version|class|digit|case|option|lecture|week|chapter|model|network|method|batch|iteration|no\.|nr\.|number)|#|\bc?[vV](?=$))\s*[({\[]?$",
    re.IGNORECASE,
)
_MARK_BEHIND = re.compile(r"[.):]\s+\S")
_IMPERATIVE = re.compile(
    r"^[\s*_$>#(\"“]*(?:\(?[a-z0-9ivx]{1,4}[.)]\s+)?(?:compute|calculate|find|determine|derive|what|how|which|why|explain|consider|suppose|assume|let|given|implement|recall|for\s+(?:each|the\s+following)"
    r"|describe|prove|compare|state\s+the|give\s+the|report\s+the|you\s+(?:should|must|may|can|will)|your\s+(?:task|network|model|answer)|the\s+task|task:|question:|berechnen?|bestimmen?|wie\s+viele)\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"^\s*\$?\s*(?:-|–|—|−|\.\.\.?|…|to|bis|\\text\{\s*to\s*\}|through)\s*\$?\s*$")
_AND = re.compile(r"^[\s$]*(?:and|und|y|et)[\s$]*$")
_BETWEEN = re.compile(r"\b(?:between|zwischen|entre)\b[^.;]{0,30}$", re.IGNORECASE)


def around(text: str, start: int, end: int) -> tuple[str, str]:
    """The rest of the sentence before and after a value."""
    before = _last_sentence(text[max(0, start - _WINDOW) : start])
    if before.rstrip(" \t").endswith("\n") and not _ASSERTING.search(before) and not _FINAL.search(before):
        before = ""  # a line that begins with the value is an item of its own, unless the line above leads to it
    after = _SENTENCE_END.split(text[end : end + _WINDOW])[0]
    return before, after


def _last_sentence(before: str) -> str:
    start = 0
    for match in _SENTENCE_END.finditer(before):
        if "\n" in match[0] or not _ABBREVIATION.search(before[max(0, match.start() - 12) : match.start()]):
            start = match.end()
    return before[start:]


def strength_of(before: str, after: str) -> str:
    """How clearly a value is asserted by the words around it."""
    near = before[-120:]
    if _FINAL.search(near) or _FINAL_BEHIND.match(after[:60]):
        return "final"
    return "asserted" if _ASSERTING.search(near) else "mentioned"


def doubt_of(before: str, after: str, behind: str, text: str) -> Doubt:
    """Why the value isn't the author's plain statement; empty where it is.

    `before` and `after` are the rest of its sentence, `behind` what follows it whatever ends there, `text` itself.
    """
    clause = CLAUSE.split(before)[-1]
    near = before[-80:]
    answered = _FINAL.search(before[-120:]) is not None
    if _is_question(before, after) and not answered:
        return "question"
    if _DENIED.search(near) or _DENIED_BEHIND.match(after[:80]):
        return "denied"
    if _WITHDRAWN.match(behind[:120]) and re.search(r"\d", behind[:200]):
        return "withdrawn"
    bounded = bool(_BOUNDED.search(near) or _BOUNDED_BEHIND.match(after[:40]))
    bounded = bounded or bool(_RELATIVE.search(near) or _RELATIVE_BEHIND.match(after[:60]))
    own_clause = re.split(r"\b(?:but|however|although|though|yet)\b|[;.]", before)[-1]
    if (
        (bounded and _REQUIRED.search(own_clause))
        or _PLAIN_REQUIREMENT.search(own_clause[-100:])
        or _REQUIRED_BEHIND.match(after[:60])
    ):
        return "required"
    if _OTHERS.search(before) and not _OWN_AGAIN.search(before) and not _OWN.search(clause):
        return "another's"
    if bounded:
        return "bounded"
    if _REFERENCE.search(near) and re.fullmatch(r"\d{1,3}", text) and not answered:
        return "reference"
    if _begins_line(before) and re.fullmatch(r"\d{1,2}", text) and _MARK_BEHIND.match(behind[:4]):
        return "reference"
    if _GUESSED.search(clause) or _GUESSED.search(re.split(r"[.;\n]", after)[0][:40]):
        return "guessed"
    if _PART.search(clause[-60:]) or _PART_BEHIND.match(after[:50]):
        return "part"
    return ""


def of_the_input(before: str) -> bool:
    """Whether a shape is said to be that of what goes in."""
    clause = re.split(r"[.;]|,\s", before)[-1]
    named = _INPUT.search(clause)
    return named is not None and not _OUTPUT.search(clause[named.start() :])


def _begins_line(before: str) -> bool:
    return not before.strip() or before.rstrip(" \t$*_(").endswith("\n")


def _is_question(before: str, after: str) -> bool:
    """Whether the sentence asks, or tells somebody what to do, as a task does."""
    asks = re.search(r"\?[\s)\]\"'”’*_$}]*$", after) is not None
    return asks or _IMPERATIVE.match(before) is not None


def in_ranges(text: str, numbers: Sequence[Number]) -> set[int]:
    """The positions, among numbers in order, of those that are an end of a range: 600-610, from 5 to 10."""
    found: set[int] = set()
    for i, (one, other) in enumerate(zip(numbers, numbers[1:], strict=False)):
        between = text[one.end : other.start]
        if len(between) > 20:
            continue
        if _RANGE.match(between) or (_AND.match(between) and _BETWEEN.search(text[max(0, one.start - 40) : one.start])):
            found |= {i, i + 1}
    return found
