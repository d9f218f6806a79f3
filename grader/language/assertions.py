"""What a text says of a value that stands in it: how clearly it is asserted, and why it may not be meant.

A value is judged by the words of its own sentence, nearest first; every pattern looks at a bounded window.
"""

import re
from collections.abc import Sequence

from grader.core.evidence import Doubt
from grader.language.numbers import Number


def _any(phrases: str) -> str:
    """A pattern for one of these phrases, parted by commas; a space in them is any white space."""
    spaced = (r"\s+".join(phrase.split()) for phrase in phrases.split(",") if phrase)
    return f"(?:{'|'.join(spaced)})"


def _before(pattern: str) -> re.Pattern[str]:
    """What stands right before a value, but for the marks of formulas and emphasis."""
    return re.compile(rf"{pattern}{_MARKS}$", re.IGNORECASE)


def _behind(pattern: str) -> re.Pattern[str]:
    """What stands right behind a value, but for the marks of formulas and emphasis."""
    return re.compile(rf"^[\s$*_}})\]%]*{pattern}", re.IGNORECASE)


_WINDOW = 240
_MARKS = r"[\s$*_({\[\"“]*"
_SENTENCE_END = re.compile(r"(?<=[.!;?])[)\]\"'”’]{0,2}\s+(?=[A-Z(\"“‘$\\¡¿]|\d)|(?<=[?])\s+|\n\s*\n|\n(?=\s*[-*|\d])")
_ABBREVIATION = re.compile(
    rf"(?:\b{_any('e.g,i.e,cf,ca,approx,fig,eq,no,nr,vs,resp,incl,max,min,acc,params?')}\.|\b[A-Z]\.)\s*$",
    re.IGNORECASE,
)
# Where one statement ends and another begins within a sentence.
_CLAUSE = re.compile(
    r"[,;.|()]|:\s(?=[^\d\s$]{1,40}\s)|\n(?=[^\n:]{1,40}:)"
    rf"|\b{_any('and,while,whereas,but,however,although,though,yet,because,since,which,where,so,not')}\b"
)
_TURN = re.compile(rf"\b{_any('but,however,although,though,yet')}\b|[;.]")

# How clearly it is asserted.
_APPROXIMATELY = _any(
    r"about,approx(?:imately|\.)?,around,roughly,circa,ca\.?,~,\\sim,≈,precisely,exactly,only,just,now,then,also,again,"
    "simply,indeed,always"
)
_ASSERTING = re.compile(
    r"(?:=|≈|≃|\\(?:approx|simeq|implies|(?:long)?[rR]ightarrow|to)(?![a-z])|→|⇒|->|=>|:|\b"
    + _any(
        "is,are,was,were,be,has,have,had,equals?,equal to,gives?,gave,get,gets,got,gotten,obtain(?:s|ed)?,"
        "reach(?:es|ed)?,"
        "achiev(?:es|ed|e),hits?,needs?,makes?,yields?,contains?,so,thus,therefore,hence,exactly,totals?,"
        "total of,comes to,"
        "amounts to,adds up to,sums? to,results? in,of,ist,sind,hat,beträgt,ergibt,es,son,tiene,est,sont,gibt,donne"
    )
    + rf"){_MARKS}(?:{_APPROXIMATELY}{_MARKS}){{0,2}}$",
    re.IGNORECASE,
)
_FINAL = re.compile(
    r"(?:\\f?boxed?\s*\{"
    r"|\b(?:final|my|our|the)?\s?"
    + _any("answer,ans,solution,result,antwort,lösung,ergebnis,respuesta,réponse")
    + r"\b(?:\s+(?:is|ist|(?:to|for)\s+\S{1,20}))?\s*(?:is|are|:|=|-|–|—|→|->|ist)?"
    r"|\b(?:grand\s+|overall\s+)?(?:total|sum)(?:\s+(?:number|count|of|param(?:eter)?s?|weights?|the|in)){0,"
    r"4}\s*(?:is|are|:|=|->|→)"
    r"|\b(?:best|chosen|optimal|selected|final|preferred)\b[^.;,:=\d]{0,30}(?:\s(?:is|was|were|are|of)|[:=])"
    r"|\b"
    + _any("in total,altogether,overall,all together,all in all,in all,insgesamt,en total,au total")
    + r"\s*,?\s*(?:it\s+is|there\s+are|we\s+(?:have|get)|it\s+has|that\s+(?:is|makes|gives)|:|=)?"
    rf"){_MARKS}(?:{_APPROXIMATELY}{_MARKS})?$",
    re.IGNORECASE,
)
_FINAL_BEHIND = _behind(
    rf"(?:\w+\s){{0,3}}(?:{_any('in total,altogether,in all,overall')}\b|total\b"
    r"|is\s+(?:the|my|our)\s+(?:final\s+)?answer|(?:is|are)\s+(?:right|correct)\b)"
)

# Why it may not be meant.
_NOT = _any("not,cannot,never,no longer,rather than,instead of,unlike,except,nicht,kein,pas,neither,nor")
_STATED = _any("be,have,equal,give,get,reach,make")
_DENIED = _before(
    rf"(?:n['’]?t\b|\b{_NOT}\b|≠|\\neq?(?![a-z])|!=|<>){_MARKS}(?:(?:possibly\s+)?{_STATED}\s)?"
    rf"(?:{_any('the,a,an,just,simply,equal to,exactly,as,any')}\s)*"
)
_DENIED_BEHIND = _behind(
    r"(?:\w+\s){0,2}(?:is|are|was|were|would\s+be|would\s+have\s+been|ist)\s+(?:\w+\s)?"
    + _any(r"wrong,incorrect,false,not\b,too\s,impossible,a mistake,falsch")
)
_BOUND = _any(
    "more than,less than,fewer than,lower than,higher than,greater than,larger than,smaller than,bigger than,"
    "better than,worse than,"
    "at least,at most,no more than,no less than,no fewer than,up to and including,up to,over,under,above,"
    "below,beyond,within,"
    r"exceed(?:s|ed|ing)?,almost,nearly,close to,just short of,just shy of,limit of,"
    r"limited to,mehr als,weniger als,mindestens,höchstens,>=,<=,(?<![-=])>,<,≥,≤,⩾,⩽,\\[gl]eq?(?:slant)?(?![a-z]),"
    r"\\[gl]t(?![a-z])"
)
_BOUNDED = _before(rf"(?:(?<!\w)|(?=[\\≥≤⩾⩽])){_BOUND}{_MARKS}(?:(?:the|a|an|just|exactly)\s)*")
_BOUNDED_BEHIND = _behind(
    r"(?:\w+\s)?(?:"
    + _any("or more,or less,or fewer,or higher,or lower,or so,or better,and above,and below,and more,and up")
    + r"\b"
    r"|at\s+(?:least|most)\b|(?:\+|plus)(?=[\s.,;]|$)|[<>≤≥]\s*\D)"
)
# What makes another number of it: twice 608, 8 less than 608, 608!
_RELATIVE = _before(
    rf"\b(?:{_any('twice,half,half of,double,triple,times')}"
    r"|(?:third|quarter|tenth|fraction|percent|multiple|factor|\d\s*%)\s+of)"
    r"(?:\s+the)?"
    r"|\b(?:increas|improv|rose|ris|grew|decreas|reduc|drop|fell|chang)\w*\b[^.;,\d]{0,40}\bby"
)
_RELATIVE_BEHIND = _behind(rf"(?:!+\s*[a-z]|(?:\w+\s)?{_any('more,less,fewer,higher,lower,larger,smaller')}\s+than\b)")
_REQUIRED = re.compile(
    r"\b"
    + _any(
        "should,must,shall,need(?:s|ed)?,ha(?:s|ve|d) to,require[sd]?,requirement,goal,target,threshold,"
        "cut-?off,criterion,"
        "budget,limit,wanted,asked,asks,demand(?:s|ed)?,allowed,allows,supposed,expected,aim(?:s|ed)?,want,"
        "hoped,hoping,"
        "soll(?:te)?,muss"
    )
    + r"\b",
    re.IGNORECASE,
)
_REQUIREMENT = re.compile(
    r"\b"
    + _any(
        "requirement,goal,target,threshold,cut-?off,criterion,budget,required,(?:was|were|is|are) asked(?: for)?,"
        "asks for,"
        "allowed,aim(?:s|ed)?"
    )
    + r"\b[^.;,]{0,40}$|\b(?:i|we)\s+(?:had\s+)?(?:expected|hoped|wanted|expect|hope)\b[^.;,]{0,40}$",
    re.IGNORECASE,
)
_REQUIRED_BEHIND = _behind(
    r"(?:\w+\s){0,2}(?:(?:is|was|are|were)\s+)?(?:required|demanded|asked\s+for|the\s+"
    rf"{_any('threshold,target,goal,requirement,budget,limit,minimum,bar')})\b"
)
_OTHERS = re.compile(
    r"\b(?:(?:a|my|the|our|some|another)\s+"
    + _any(
        "friend,classmate,colleague,partner,room-?mate,neighbou?r,study group,brother,sister,tutor,team-?mate,labmate"
    )
    + r"s?|"
    + _any(
        "someone,somebody,others,other students,other people,other groups?,people,chat ?gpt,gpt-?\\d?,gemini,"
        "copilot,claude,"
        "wikipedia,stack ?overflow,piazza,reddit,last year"
    )
    + r"|the\s+"
    + _any(
        "internet,ta,tas,solution sheet,solutions?,answer key,sample solution,hint,sheet,professor,prof,"
        "instructor,lecturer,book,textbook,paper,lecture,slides?,staff,forum,key,website,docs?,"
        "documentation,authors?"
    )
    + r")\b[^.;]{0,60}$",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:i|me|my\s+(?:answer|own|result|count|network|model)|(?<!of\s)mine|we|our)\b"
    r"(?![^.;,]{0,30}\b(?:friend|classmate|partner|colleague)s?\b)",
    re.IGNORECASE,
)
_OWN_AGAIN = re.compile(
    r"\b(?:but|however|while|whereas|yet|though)\b[^.;]{0,60}\b(?:i|me|my|mine|we|our|us)\b"
    r"|\bmy\s+(?:own\s+)?(?:answer|result|count)\b",
    re.IGNORECASE,
)
_GUESSED = re.compile(
    rf"\b{_any('maybe,perhaps,possibly,might be,may be,could be,guess(?:ing)?,not sure,unsure,not certain,no idea')}\b"
    r"|\b(?:todo|tbd|fixme|idk|check\s+(?:whether|if)|vielleicht|presumably)\b",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(
    r"^[^.!?\n]{0,50}?[\s,.;:!–—(-]{0,4}(?:\bno\b\s*[,.!–—-]|"
    + _any(
        r"no wait,wait\b,sorry\b,oops,ups\b,whoops,correction\b,corrected\b,i mean(?:t)?\b,scratch that,"
        r"strike that,make that,"
        r"hold on,that(?:['’]s| is| was) (?:wrong|not right|incorrect|a mistake),my mistake,my bad,edit\s*:,"
        r"typo,or rather,"
        r"actually\b,on second thought,nein\b,this is wrong,i forgot,forgot the,should have been"
    )
    + ")",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"\b(?:(?:my|our|the)\s+(?:very\s+)?(?:first|initial|original|previous|earlier|old)\s+"
    + _any(
        "network,model,notebook,code,report,attempt,try,run,version,result,guess,count,answer,training,experiment,one"
    )
    + "|"
    + _any(
        "at first,initially,originally,previously,beforehand,before that,before this,before tuning,used to,"
        "tried,tested,"
        "compared,searched,among,baseline,untrained"
    )
    + r")\b[^.;]{0,80}$",
    re.IGNORECASE,
)
_CHANGED_FROM = re.compile(
    r"\b"
    + _any(
        "went,goes,go,rose,rises?,raised,increas\\w*,improv\\w*,grew,grows?,jump\\w*,climb\\w*,drop\\w*,fell,falls?,"
        "decreas\\w*,declin\\w*,reduc\\w*,chang\\w*,moved?,up,down"
    )
    + r"\b[^.;]{0,40}\bfrom[\s$]*$",
    re.IGNORECASE,
)
# A line that a training prints: `1875/1875 [====] - 5s - loss: 0.02 - acc: 0.99`.
_LOGGED = re.compile(
    r"(?:\d+/\d+[ \t]*(?:\[[=>.\s-]*\]|━+)|\bepoch\W{0,3}\d+[^\n]{0,60}?\bloss\b)[^\n]*$", re.IGNORECASE
)
_PART = re.compile(
    r"\b(?:each|per|every|either|both|one\s+(?:filter|kernel|neuron|unit|channel|layer|such)|single|apiece"
    r"|jeder|pro|je)\b",
    re.IGNORECASE,
)
_PART_BEHIND = _behind(
    r"(?:\w+\s){0,3}(?:each|apiece|per\s|for\s+(?:each|every|one|a\s+single)\b|in\s+(?:each|every|one)\b|pro\s|je\b)"
)
_PARTITIVE = _before(r"(?:(?:^|\W)(?:out\s+)?of\s+(?:the|all|our|these|my)(?:\s+\w+)?|\d\s+(?:out\s+)?of)")
_REFERENCE = re.compile(
    r"(?:\b"
    + _any(
        r"problem,question,exercise,task,part,section,sec\.,figure,fig\.?,table,tab\.,equation,eq\.?,step,layer,"
        r"conv,epoch,page,"
        r"p\.,pp\.,chapter,set,homework,hw,line,cell,appendix,seed,image,experiment,trial,run,fold,version,"
        r"class,digit,case,"
        r"option,lecture,week,model,network,method,batch,iteration,no\.,nr\.,number"
    )
    + r"|#)\s*[({\[]?$",
    re.IGNORECASE,
)
_MARK_BEHIND = re.compile(r"[.):]\s+\S")
_IMPERATIVE = re.compile(
    r"^[\s*_$>#(\"“]*(?:\(?[a-z0-9ivx]{1,4}[.)]\s+)?"
    + _any(
        "compute,calculate,find,determine,derive,what,how,which,why,explain,consider,suppose,assume,let,given,"
        "implement,recall,"
        "for each,for the following,describe,prove,compare,state the,give the,report the,you should,you must,"
        "you may,you can,"
        "you will,your task,your network,your model,your answer,the task,task:,question:,berechnen?,bestimmen?,"
        "wie viele"
    )
    + r"\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"^\s*\$?\s*(?:-|–|—|−|\.\.\.?|…|to|bis|\\text\{\s*to\s*\}|through)\s*\$?\s*$")
_AND = re.compile(r"^[\s$]*(?:and|und|y|et)[\s$]*$")
_BETWEEN = re.compile(r"\b(?:between|zwischen|entre)\b[^.;]{0,30}$", re.IGNORECASE)
_INPUT = re.compile(
    rf"\b{_any('inputs?,from,images?,original,eingabe,pictures?,entrada,entrée')}\b[^.;,]{{0,40}}$", re.IGNORECASE
)
_OUTPUT = re.compile(
    rf"\b{_any('outputs?,to,becomes?,gives?,ausgabe,results?,after,salida,sortie')}\b|→|\\(?:rightarrow|to)\b|->",
    re.IGNORECASE,
)


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
    clause, own, near = _CLAUSE.split(before)[-1], _TURN.split(before)[-1], before[-80:]
    answered = _FINAL.search(before[-120:]) is not None
    if not answered and (_asks(after) or _IMPERATIVE.match(before)):
        return "question"
    if _DENIED.search(near) or _DENIED_BEHIND.match(after[:80]):
        return "denied"
    if _WITHDRAWN.match(behind[:120]) and (not text or re.search(r"\d", behind[:200])):
        return "withdrawn"
    bounded = bool(
        _BOUNDED.search(near)
        or _BOUNDED_BEHIND.match(after[:40])
        or _RELATIVE.search(near)
        or _RELATIVE_BEHIND.match(after[:60])
    )
    if (
        ((bounded or "accura" in own.lower()) and _REQUIRED.search(own))
        or _REQUIREMENT.search(own[-100:])
        or _REQUIRED_BEHIND.match(after[:60])
    ):
        return "required"
    if _OTHERS.search(before) and not _OWN_AGAIN.search(before) and not _OWN.search(clause):
        return "another's"
    if bounded:
        return "bounded"
    if not answered and _names_something(near, behind, before, text):
        return "reference"
    if (
        _LOGGED.search(before)
        or _CHANGED_FROM.search(before[-100:])
        or (not answered and _EARLIER.search(before[-120:]))
    ):
        return "earlier"
    if _GUESSED.search(clause) or _GUESSED.search(re.split(r"[.;\n]", after)[0][:40]):
        return "guessed"
    if _PART.search(clause[-60:]) or _PART_BEHIND.match(after[:50]) or _PARTITIVE.search(near):
        return "part"
    return ""


def _names_something(near: str, behind: str, before: str, text: str) -> bool:
    """Whether it is the number of a problem or a figure, or of a line that begins with it."""
    if re.fullmatch(r"\d{1,3}(?:\s?/\s?\d{1,6})?", text) is None:
        return False
    begins = not before.strip() or before.rstrip(" \t$*_(").endswith("\n")
    return bool(_REFERENCE.search(near)) or (begins and len(text) < 3 and bool(_MARK_BEHIND.match(behind[:4])))


def _asks(after: str) -> bool:
    return re.search(r"\?[\s)\]\"'”’*_$}]*$", after) is not None


def of_the_input(before: str) -> bool:
    """Whether a shape is said to be that of what goes in."""
    clause = re.split(r"[.;]|,\s", before)[-1]
    named = _INPUT.search(clause)
    return named is not None and not _OUTPUT.search(clause[named.start() :])


def in_ranges(text: str, numbers: Sequence[Number]) -> set[int]:
    """The positions, among numbers in order, of those that are an end of a range: 600-610, from 5 to 10."""
    found: set[int] = set()
    for i, (one, other) in enumerate(zip(numbers, numbers[1:], strict=False)):
        between = text[one.end : other.start]
        if len(between) > 20 or _CHANGED_FROM.search(text[max(0, one.start - 100) : one.start]):
            continue
        if _RANGE.match(between) or (_AND.match(between) and _BETWEEN.search(text[max(0, one.start - 40) : one.start])):
            found |= {i, i + 1}
    return found
