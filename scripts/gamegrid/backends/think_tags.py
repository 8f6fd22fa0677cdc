"""Recognises tags whose names say that they mark thinking, also those of unknown models.

Examples are ``<think>``, ``[THINK]``, ``<|START_THINKING|>``, ``◁/think▷``, ``<seed:think>``,
``<inner_monologue>`` and ``<details type="reasoning">``.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PAIRS = (
    "<>＜＞‹›«»◁▷▶◀▷◁◃▹[]［］{}()⌈⌉⌊⌋❨❩❪❫❬❭❮❯❰❱❲❳❴❵⟅⟆⟦⟧⟨⟩⟪⟫⟬⟭⟮⟯⦃⦄⦅⦆⦇⦈⦉⦊⦋⦌⦗⦘⧘⧙⧚⧛⧼⧽"
    "⸢⸣⸤⸥⸦⸧⸨⸩〈〉《》「」『』【】〔〕〖〗〘〙〚〛〈〉（）｟｠｢｣﹙﹚﹛﹜﹝﹞"
)
LEFT = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)) | {
    "◀": "▶",
    "&lt;": "&gt;",
    "\\u003c": "\\u003e",
    "<<": ">>",
    "[[": "]]",
    "{{": "}}",
}
"""Brackets of tags: what opens one, and what closes it."""
HEADINGS = frozenset("【〖〔「『［[")
"""Brackets that also stand around headings, which have no end of their own."""
SQUARE = HEADINGS | {"[[", "{", "{{", "(", "（", "|", "||"}
LONGEST_SPACELESS = 24
"""The most characters of a name in a language without spaces."""

_SINGLE = re.escape("".join(sorted({*_PAIRS})))
_LEFT = rf"&lt;|\\u003c|<<|\[\[|\{{\{{|[{_SINGLE}]"
_RIGHT = rf"&gt;|\\u003e|>>|\]\]|\}}\}}|[{_SINGLE}]"
LEFT_EDGES = re.escape("".join(sorted({left[0] for left in LEFT} | {"|"})))
"""The characters with which tags start, for a set in a regular expression."""
TAG = (
    rf"(?P<left>{_LEFT})(?P<inner>(?:(?!&[lg]t;|\\u003[ce])[^{_SINGLE}]){{1,120}})"
    rf"(?P<right>{_RIGHT})"
    r"|(?P<bar>\|{1,2})(?P<barred>/?[^\W\d][\w :-]{1,40})(?P=bar)"
)
"""A name in brackets or between bars, as an expression without regard to case."""

_LATIN = re.compile(
    r"""(?:ant|inner|internal|deep|self|pre|re|over|start|begin|end)?(?:of)?(?:
    think(?:s|ing)? | thoughts?(?:process)? | reason(?:s|ing|ings)? | rationales? | scratch(?:pad)?
    | cot | chainofthoughts? | monologues? | reflect(?:ions?|ing)? | deliberat(?:e|ing|ions?)
    | contemplat(?:e|ing|ions?|or) | ponder(?:ing|ings)? | brainstorm(?:ing)?
    | cogitat(?:e|ing|ions?) | ruminat(?:e|ing|ions?) | musings? | introspections? | introspecting
    | meditations? )
    | pensees? | pens[ée]es? | r[ée]flexions? | raisonnements? | pensamientos? | razonamientos?
    | reflexi[óo]n(?:es)? | pensamentos? | racioc[íi]nio | reflex[ãa]o | pensier[oi]
    | ragionament[oi] | riflession[ei] | denken | gedanken(?:gang)? | gedachten
    | [üu]berlegung(?:en)? | nachdenken | d[üu][şs][üu]n(?:ce|me)(?:ler)?
    | my[śs]li | rozumowanie | tankar | resonemang | redenering
    | (?:мысл|размышлен|рассужден|раздум)\w{0,4}""",
    re.VERBOSE,
)
_WEAK = re.compile(
    r"""analys(?:is|e|ing)|analyz(?:e|ing)|plan(?:ning)?|drafts?|explanations?|explain|critiques?
    |verif(?:y|ication)|justifications?|considerations?|considering|notes?|workings?|explore|exploration
    |evaluat(?:e|ion)|assessment|strategy|speculation|deduction|inference|hypothes[ie]s|reviews?
    |critic|steps?|candidates?|alternatives?|rejected|discarded|inner|internal|hidden|private|mind|notepad|sketchpad|worksheet|whiteboard|mental
    |consider|debate|simulat(?:e|ion)|speculate|preamble|traces?|lookahead|search|voice|dialogue
    |analisi|an[áa]lisis|an[áa]lise|analiz|分析|説明""",
    re.VERBOSE,
)
"""Words that name thinking in ``<…>`` but also head ordinary sections in other brackets."""
_SPACELESS = re.compile(
    r"思考|思索|思维|思維|推理|推論|推论|内心独白|心の声|考え|생각|사고|추론|تفكير|विचार|सोच|คิด|suy_?nghĩ"
)
"""Words of languages that put no space between words, or inflect within them."""
_FILLING = _set(
    "of the my a an in by and step steps process content block mode model section trace "
    "phase pad inner internal private hidden silent deep long short self initial extended "
    "chain mental human assistant ai own out loud aloud"
)
_ENDS = _set("end ends close closing closed stop finish finished done over suffix")
_STARTS = _set("begin begins start starts open opening prefix")
_PLAIN = _set("think thinking")
"""Names that mark thinking also in brackets that have many other uses."""
_ANSWERS = re.compile(
    r"(?:the|my|final|\W|_)*(?:answer|response|reply|output|action|move|decision|solution|result|final|"
    r"conclusion|回答|答案|最终答案|最終回答|行动|行動|结论|結論|決定|动作|답변|ответ|respuesta|réponse|antwort)\W*"
)
_FRAMING = _set(
    "im header turn user assistant system bot human text sentence sequence tool tools call calls "
    "function functions invoke parameter parameters argument arguments args box content message "
    "answer response reply output solution final action result json move moves play choice "
    "decision selection selected conclusion label value root xml data object item game player "
    "round chat document file token endoftext channel image media audio video python code "
    "html body head title section article main footer nav div span pre blockquote font small sub "
    "sup img table thead tbody tfoot caption col strong mark center del strike ins kbd samp var "
    "abbr cite figure svg math input button form ul ol li td th tr dl dt dd em br hr"
)
"""Words in the names of tags that do not mark thinking."""


class Direction(Enum):
    """What a tag does: it opens or closes, does neither (``<think/>``), or heads an answer."""

    OPENS = "opens"
    CLOSES = "closes"
    NEITHER = "neither"
    ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that marks thinking. Tags with equal keys belong together.

    ``sure`` is false for a tag that may mean anything else: it counts only together with its end.
    ``heading`` tells whether it may be a heading, which ends at the heading of an answer.
    ``element`` tells whether ``key`` is an HTML element, which is thinking by its attributes only.
    """

    direction: Direction
    key: str
    sure: bool = True
    heading: bool = False
    element: bool = False


_ELEMENT = re.compile(r"[\w:.-]{1,60}(?=[\s=])")
_VALUE = re.compile(r"=\s*(\"[^\"]*\"|'[^']*'|[^\s\"']+)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PARTS = re.compile(r"[\W\d_]+")
_PROSE = re.compile(r"[\"“”,;?()%$&+=]|^'|'$")
"""Characters that no tag's name contains."""
_XML = re.compile(r"</?[A-Za-z][\w:.-]{2,40}>")
_GLUED = re.compile(r"(start|begin|end)of")


def tag_of(found: re.Match[str]) -> Tag | None:
    """Return what a match of ``TAG`` marks; None if it marks no thinking."""
    left = found["left"] or found["bar"]
    if not _is_tag(found):
        return None
    angled = left not in SQUARE
    name = unicodedata.normalize("NFKC", found["inner"] or found["barred"])
    name = "".join(c for c in name if unicodedata.category(c) != "Cf").strip(" \t\r\n*_#~!")
    piped = name.startswith("|"), name.endswith("|")
    name = name.strip("| \n")
    slashed, alone = name.startswith(("/", "\\")), name.endswith("/")
    name = name.strip("/\\| \n")
    if angled and "=" in name and (element := _ELEMENT.match(name)):
        if not says_thinking(element[0], strict=False):
            return _element(element[0], name)
        name = element[0]
    if _PROSE.search(name):
        return None
    words = _words(name)
    core = [word for word in words if word not in _ENDS | _STARTS | _FILLING]
    glued = _GLUED.match("_".join(core))
    key = "_".join(core)[glued.end() if glued else 0 :]
    ends = names_end(glued[1] if glued else name) or slashed or piped == (False, True)
    direction = Direction.CLOSES if ends else Direction.NEITHER if alone else Direction.OPENS
    if says_thinking(name, strict=False):
        weak = not angled and not says_thinking(name, strict=True)
        many_uses = left[0] in "{(|" and (left[0] == "(" or key not in _PLAIN)
        sure = not many_uses and (not weak or direction is Direction.CLOSES)
        return Tag(direction, key, sure, heading=not angled and key != "think")
    if left in HEADINGS and _ANSWERS.fullmatch(name.lower()):
        return Tag(Direction.ANSWERS, left)
    named = [word for word in words if word not in _ENDS | _STARTS]
    if named and (all(piped) or _XML.fullmatch(found[0])) and _FRAMING.isdisjoint(words):
        return Tag(direction, "_".join(named), sure=False)
    return None


def _is_tag(found: re.Match[str]) -> bool:
    """Return whether the brackets fit, and belong neither to a command, a call nor a link."""
    if found["bar"]:
        return True
    text, left = found.string, found["left"].lower()
    if LEFT.get(left) != found["right"].lower():
        return False
    if left[0] in "{(":
        return not text[max(0, found.start() - 1) : found.start()].isalpha()
    return left[0] not in "[［" or text[found.end() : found.end() + 1] not in ("(", ":")


def _element(name: str, values: str) -> Tag | None:
    """Return the tag of an element whose attributes say that it holds thinking."""
    said = any(says_thinking(value, strict=False) for value in _VALUE.findall(values))
    return Tag(Direction.OPENS, name.lower(), element=True) if said else None


def says_thinking(name: str, *, strict: bool) -> bool:
    """Return whether a name says that something is thinking.

    A name of several words separated by spaces is read as prose unless every word belongs to it.
    ``strict`` leaves out words that also head ordinary sections.
    """
    name = name.strip(" \t\n\"'")
    if _SPACELESS.search(name) and len(name) < LONGEST_SPACELESS:
        return True
    words = _words(name)
    named = {word for word in words if _names(word, strict=strict)}
    if _names("".join(words), strict=strict) and not re.search(r"\s", name):
        return True
    known = named | _FILLING | _ENDS | _STARTS
    groups = [set(_words(group)) for group in name.split()]
    return bool(named) and all(named & group or (group and group <= known) for group in groups)


def mentions_thinking(text: str) -> bool:
    """Return whether any word of a short text names thinking."""
    return any(map(names_thinking, _words(text))) or bool(_SPACELESS.search(text))


def _names(word: str, *, strict: bool) -> bool:
    return names_thinking(word) or (not strict and bool(_WEAK.fullmatch(word)))


def names_end(name: str) -> bool:
    """Return whether a name says that something ends."""
    return not _ENDS.isdisjoint(_words(name))


def names_thinking(word: str) -> bool:
    """Return whether a word, in lower case, names thinking."""
    return bool(_LATIN.fullmatch(word))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _PARTS.split(_CAMEL.sub(" ", name)) if word]
