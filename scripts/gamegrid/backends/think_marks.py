"""How models mark their thinking: documented marks with their sources, and any tag that says so.

Two kinds of marks exist. ``DOCUMENTED`` lists those that only their documentation explains, such as
channels, prose and tokens whose name says nothing. Every other mark is a tag whose name says what
it holds (``<think>``, ``[THINK]``, ``<|START_THINKING|>``, ``◁/think▷``, ``<seed:think>``), and
``tag_of`` recognises these by their words, also those of models that do not exist yet.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """Marks that their names do not explain; all are regular expressions.

    ``opens`` starts thinking and ``closes`` ends it. ``begins`` starts the answer, so that
    everything before it is thinking. ``lone`` tells whether ``closes`` without ``opens`` means the
    same. With ``paired``, ``opens`` counts only if the end follows, because ordinary replies use
    the same words. ``source`` says where the marks are documented.
    """

    models: str
    source: str
    opens: str
    closes: str
    begins: str = ""
    lone: bool = False
    paired: bool = False

    def ends(self) -> str:
        """Return the expression of everything that ends this thinking."""
        return f"{self.closes}|{self.begins}" if self.begins else self.closes


_HERE = r"^[^\w\n]{0,4}here(?:['’]s|\ is|\ are)\ my\ "
_FINAL = r"\s{0,9}final\b[^<\n]{0,80}(?:<\|constrain\|>[^<\n]{0,80})?<\|message\|>"

DOCUMENTED = (
    Documented(
        models="gpt-oss (harmony)",
        source="openai/harmony docs/format.md; vllm/parser/harmony.py",
        opens=r"(?:<\|start\|>[^<\n]{0,80})?<\|channel\|>(?!\s{0,9}final\b)[^<\n]{0,80}"
        r"(?:<\|constrain\|>[^<\n]{0,80})?(?:<\|message\|>)?",
        closes=r"<\|(?:end|return|call)\|>",
        begins=rf"(?:<\|start\|>[^<\n]{{0,80}})?<\|channel\|>{_FINAL}",
    ),
    Documented(
        models="gpt-oss, its special tokens dropped",
        source="openai/gpt-oss discussions of replies such as 'analysisWe need…assistantfinal…'",
        # Lowercase and glued to what follows; "analysis:" or "analysis of the board" is prose.
        opens=r"\A\s*(?-i:analysis)(?!\s{0,9}[:\-–—.,]|[a-z]|[ \t]+[a-z])",
        closes=r"(?-i:assistant\s{0,2}final)(?=[^\sa-z]|\s|(?-i:json))",
        begins=r"(?<![a-z])(?<=.)(?-i:assistantfinal)|(?<=[a-z])(?-i:assistantfinal)"
        r"|\A\s*(?-i:assistantfinal)|\A\s*(?-i:final)(?=[A-Z{\[\"*])",
    ),
    Documented(
        models="Gemma 4",
        source="vllm/reasoning/gemma4_utils.py; google-gemma/cookbook thinking.ipynb",
        opens=r"<\|channel>(?!\s{0,9}final\b)[^<\n]{0,40}|\A\s*(?-i:thought)\n",
        closes=r"<channel\|>",
        begins=r"<\|channel>\s{0,9}final\b",
        lone=True,
    ),
    Documented(
        models="Command A, Command A+ (Cohere)",
        source="vllm/reasoning/cohere_command_reasoning_parser.py, vllm/parser/cohere_command.py",
        opens=r"<\|START_THINKING\|>",
        closes=r"<\|END_THINKING\|>",
        begins=r"<\|START_(?:RESPONSE|TEXT)\|>",
        lone=True,
    ),
    Documented(
        models="Apertus",
        source="llama.cpp common/chat.cpp (common_chat_params_init_apertus)",
        opens=r"<\|inner_prefix\|>",
        closes=r"<\|inner_suffix\|>",
        begins=r"<\|answer_prefix\|>",
        lone=True,
    ),
    Documented(
        models="OpenThinker, Sky-T1",
        source="open-thoughts/open-thoughts system prompt; open-webui utils/middleware.py",
        opens=r"<\|begin_of_thought\|>",
        closes=r"<\|end_of_thought\|>",
        begins=r"<\|begin_of_solution\|>",
        lone=True,
    ),
    Documented(
        models="Kimi K3",
        source="vllm/reasoning/kimi_k3_reasoning_parser.py",
        opens=r"<\|open\|>\s{0,9}think\s{0,9}<\|sep\|>",
        closes=r"<\|close\|>\s{0,9}think\s{0,9}<\|sep\|>",
        begins=r"<\|open\|>\s{0,9}response\s{0,9}<\|sep\|>",
        lone=True,
    ),
    Documented(
        models="Solar Open",
        source="upstage/Solar-Open-100B chat template; llama.cpp common/chat.cpp",
        opens=r"<\|think\|>",
        closes=r"<\|end\|>|<\|/think\|>|</\|?think\|?>|<think\|>",
        begins=r"<\|content\|>",
    ),
    Documented(
        models="Inkling",
        source="vllm/parser/inkling.py",
        opens=r"<\|content_thinking\|>",
        closes=r"<\|end_message\|>|<\|content_model_end_sampling\|>",
        begins=r"<\|content_text\|>",
    ),
    Documented(
        models="MuseGlimmer",
        source="vllm/reasoning/muse_glimmer_reasoning_parser.py",
        opens=r"to=(?!user\b)[^\s<]{1,40}<\|message\|>",
        closes=r"<\|eom\|>",
        begins=r"to=user<\|message\|>",
    ),
    Documented(
        models="HyperCLOVA X SEED Think",
        source="naver-hyperclovax/HyperCLOVAX-SEED-Think-14B model card",
        opens=r"(?:<\|im_start\|>assistant\s{0,9}|\A\s*(?:assistant)?)/think\b",
        closes=r"<\|im_end\|>(?:\s{0,9}<\|im_start\|>assistant\b(?!/think))?|^assistant$",
    ),
    Documented(
        models="Apriel",
        source="ServiceNow-AI/Apriel-1.5-15b-Thinker chat template",
        opens=rf"{_HERE}reasoning\ steps:",
        closes=r"(?!)",
        begins=r"\[BEGIN\ FINAL\ RESPONSE\]",
    ),
    Documented(
        models="Granite 3.2",
        source="vllm/reasoning/granite_reasoning_parser.py",
        opens=rf"{_HERE}thought\ process\b",
        closes=rf"{_HERE}response\b:?",
    ),
    Documented(
        models="the same in other words",
        source="vllm/reasoning/granite_reasoning_parser.py, which reports such variants",
        opens=rf"{_HERE}(?:\w+\ ){{0,2}}"
        r"(?:thinking|thoughts?|reasoning|analysis|chain\ of\ thought)(?:\ process|\ steps)?\s{0,3}:",
        closes=rf"{_HERE}(?:final\ )?(?:response|answer|reply|output)\b:?",
        paired=True,
    ),
    Documented(
        models="any, through the terminal of Ollama",
        source="ollama/ollama cmd/cmd.go (thinkingOutputOpeningText, …ClosingText)",
        opens=r"^\W{0,3}thinking(?:\.\.\.|…)\W{0,3}$",
        closes=r"^\W{0,3}(?:\.\.\.|…)\s?done\ thinking\b\.?",
        lone=True,
        paired=True,
    ),
)

FRAMES = (
    r"\[END\ FINAL\ RESPONSE\]|</?response>|<\|(?:open|close)\|>\s{0,9}\w{1,20}\s{0,9}<\|sep\|>"
    r"|<(?:turn|channel)\|>|<\|(?:turn|channel)>|<[|｜][\w▁:./-]{1,60}[|｜]>"
)
"""Marks around an answer, which are no part of it, and any other special token."""
LINES = r"(?!.*box).*(?:end|begin|start|eo[mts]|return|call|open|close)"
"""Those of them that stand for a line break."""

TURNS = (
    r"<\|(?:im_start|start|begin|turn)\|?>\s{0,9}(?:user|system|human|tool|developer)\b"
    r"|<\|start_header_id\|>\s{0,9}(?:user|system|ipython)\b|<start_of_turn>\s{0,9}user\b"
    r"|<[|｜](?:user|human|observation|user_start|USER_TOKEN)[|｜]>"
)
"""The header of a turn that is not the model's: what follows is no part of its reply."""


# Tags

LEFT = {
    "<": ">",
    "<<": ">>",
    "&lt;": "&gt;",
    "＜": "＞",
    "⟨": "⟩",
    "‹": "›",
    "〈": "〉",
    "《": "》",
    "«": "»",
    "◁": "▷",
    "◀": "▶",
    "◃": "▹",
    "⟪": "⟫",
    "【": "】",
    "〖": "〗",
    "〔": "〕",
    "「": "」",
    "『": "』",
    "［": "］",
    "[": "]",
    "[[": "]]",
    "{": "}",
    "{{": "}}",
}
"""Brackets of tags: what opens one, and what closes it."""
HEADINGS = frozenset("【〖〔「『［[")
"""Brackets that also stand around headings, which have no end of their own."""
SQUARE = HEADINGS | {"[[", "{", "{{"}
LONGEST_SPACELESS = 24
"""The most characters of a name in a language without spaces."""

_LEFT = r"&lt;|<<|\[\[|\{\{|[<＜⟨‹〈《«◁◀◃⟪【〖〔「『［\[{]"
_RIGHT = r"&gt;|>>|\]\]|\}\}|[>＞⟩›〉》»▷▶▹⟫】〗〕」』］\]}]"
_EDGES = "<>＜＞⟨⟩‹›〈〉《》«»◁▷◀▶◃▹⟪⟫【】〖〗〔〕「」『』［］\\[\\]{}"
LEFT_EDGES = r"<&＜⟨‹〈《«◁◀◃⟪【〖〔「『［\[{"
"""The characters with which tags start, for a set in a regular expression."""
TAG = rf"(?P<left>{_LEFT})(?P<inner>(?:(?!&[lg]t;)[^{_EDGES}]){{1,120}})(?P<right>{_RIGHT})"

_LATIN = re.compile(
    r"""(?:ant|inner|internal|deep|self|pre|start|begin|end)?(?:of)?(?:
    think(?:s|ing)? | thoughts?(?:process)? | reason(?:s|ing|ings)? | rationales? | scratch(?:pad)?
    | cot | chainofthoughts? | monologues? | reflect(?:ions?|ing)? | deliberat(?:e|ing|ions?)
    | contemplat(?:e|ing|ions?|or) | ponder(?:ing|ings)? | brainstorm(?:ing)? | cogitat(?:e|ing|ions?)
    | ruminat(?:e|ing|ions?) | musings? | introspecti(?:on|ons|ng) | meditations? )
    | pensees? | pens[ée]es? | r[ée]flexions? | raisonnements? | pensamientos? | razonamientos?
    | reflexi[óo]n(?:es)? | pensamentos? | racioc[íi]nio | reflex[ãa]o | pensier[oi] | ragionament[oi]
    | riflession[ei] | denken | gedanken(?:gang)? | gedachten | [üu]berlegung(?:en)? | nachdenken
    | d[üu][şs][üu]n(?:ce|me)(?:ler)? | my[śs]li | rozumowanie | tankar | resonemang | redenering
    | (?:мысл|размышлен|рассужден|раздум)\w{0,4}""",
    re.VERBOSE,
)
_WEAK = re.compile(
    r"""analys(?:is|e|ing)|analyz(?:e|ing)|plan(?:ning)?|drafts?|explanations?|explain|critiques?
    |verif(?:y|ication)|justifications?|considerations?|considering|notes?|workings?|explor(?:e|ation)
    |analisi|an[áa]lisis|an[áa]lise|analiz|分析|説明""",
    re.VERBOSE,
)
"""Words that name thinking in ``<…>`` but also head ordinary sections in other brackets."""
_SPACELESS = re.compile(
    r"思考|思索|思维|思維|推理|推論|推论|内心独白|心の声|考え|생각|사고|추론|تفكير|विचार|सोच|คิด|suy_?nghĩ"
)
"""Words of languages that put no space between words, or inflect within them."""
_FILLING = frozenset(
    """of the my a an in by and step steps process content block mode model section trace phase pad
    inner internal private hidden silent deep long short self initial extended"""
    """ chain mental human assistant ai own out loud aloud""".split()
)
_ENDS = frozenset("end ends close closing closed stop finish finished done over suffix".split())
_STARTS = frozenset("begin begins start starts open opening prefix".split())
_ANSWERS = re.compile(
    r"(?:the|my|final|\W|_)*(?:answer|response|reply|output|action|move|decision|solution|result|"
    r"conclusion|回答|答案|最终答案|最終回答|行动|行動|结论|結論|決定|动作|답변|ответ|respuesta|réponse|antwort)\W*"
)
_FRAMING = frozenset(
    """im header turn user assistant system bot human text sentence sequence tool tools box content
    message answer response reply output solution final action result json move document file
    token endoftext channel image media audio video python code""".split()
)
"""Words in the names of special tokens that do not mark thinking."""


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


_NAMED = re.compile(
    r"([\w:.-]{1,60})((?:\s+[\w:.-]{1,40}\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"']+)){1,12})\s*/?"
)
_VALUE = re.compile(r"=\s*(\"[^\"]*\"|'[^']*'|[^\s\"']+)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PARTS = re.compile(r"[\W\d_]+")
_PROSE = re.compile(r"[\"“”,;?()%$&+=]|^'|'$")
"""Characters that no tag's name contains."""
_GLUED = re.compile(r"(start|begin|end)of")


def tag_of(left: str, inner: str, right: str) -> Tag | None:
    """Return what the text between two brackets marks; None if it marks no thinking."""
    if LEFT[left] != right:
        return None
    name = unicodedata.normalize("NFKC", inner)
    name = "".join(c for c in name if unicodedata.category(c) != "Cf").strip(" \t\r\n*_#~!")
    piped = name.startswith("|"), name.endswith("|")
    name = name.strip("| \n")
    slashed = name.startswith(("/", "\\"))
    alone = name.endswith("/") and not slashed
    name = name.strip("/\\| \n")
    angled = left not in SQUARE
    if angled and (written := _NAMED.fullmatch(name)):
        name = written[1]
        if not says_thinking(name, strict=False):
            said = any(says_thinking(v, strict=False) for v in _VALUE.findall(written[2]))
            return Tag(Direction.OPENS, name.lower(), element=True) if said else None
    if _PROSE.search(name):
        return None
    words = _words(name)
    ends = slashed or not _ENDS.isdisjoint(words) or piped == (False, True)
    direction = Direction.NEITHER if alone else Direction.CLOSES if ends else Direction.OPENS
    core = [word for word in words if word not in _ENDS | _STARTS | _FILLING]
    key = _GLUED.sub("", "_".join(core), count=1)
    if glued := _GLUED.match("".join(core)):
        direction = Direction.CLOSES if glued[1] == "end" else Direction.OPENS
    if says_thinking(name, strict=not angled):
        return Tag(direction, key, sure=left[0] != "{", heading=not angled and key != "think")
    if left in HEADINGS and _ANSWERS.fullmatch(name.lower()):
        return Tag(Direction.ANSWERS, left)
    if all(piped) and core and _FRAMING.isdisjoint(core):
        return Tag(direction, key, sure=False)
    return None


def says_thinking(name: str, *, strict: bool) -> bool:
    """Return whether a name says that something is thinking.

    A name of several words separated by spaces is read as prose unless every word belongs to it.
    ``strict`` leaves out words that also head ordinary sections.
    """
    name = name.strip(" \t\n\"'")
    if _SPACELESS.search(name) and len(name) < LONGEST_SPACELESS:
        return True
    words = _words(name)
    named = [names_thinking(word) or (not strict and bool(_WEAK.fullmatch(word))) for word in words]
    if not any(named) or not re.search(r"\s", name):
        return any(named)
    known = _FILLING | _ENDS | _STARTS
    return all(is_named or word in known for word, is_named in zip(words, named, strict=True))


def mentions_thinking(text: str) -> bool:
    """Return whether any word of a short text names thinking."""
    return any(map(names_thinking, _words(text))) or bool(_SPACELESS.search(text))


def names_thinking(word: str) -> bool:
    """Return whether a word, in lower case, names thinking."""
    return bool(_LATIN.fullmatch(word))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _PARTS.split(_CAMEL.sub(" ", name)) if word]
