"""The marks of thinking that only a model's documentation explains, with their sources.

These are channels, prose, and tokens whose names say nothing. ``think_tags`` recognises every other
mark by its name. All texts here are regular expressions without regard to case, for one line each.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """Marks that their names do not explain; all are regular expressions.

    ``opens`` starts thinking and ``closes`` ends it. ``begins`` starts the answer, so that
    everything before it is thinking. ``lone`` tells whether ``closes`` without ``opens`` means the
    same. With ``paired``, ``opens`` counts only if the end follows, because ordinary replies use
    the same words. With ``fused``, the end may have been dropped, and then the last paragraph is
    the answer. ``source`` says where the marks are documented.
    """

    models: str
    source: str
    opens: str
    closes: str
    begins: str = ""
    lone: bool = False
    paired: bool = False
    fused: bool = False

    def ends(self) -> str:
        """Return the expression of everything that ends this thinking."""
        return f"{self.closes}|{self.begins}" if self.begins else self.closes


_NOUNS = (
    "think|thinking|thoughts?|thought\\ process|reasoning|scratchpad|chain\\ of\\ thought|analysis"
)
_LABEL = (
    r"^[^\w\n]{0,4}(?:(?:my|the)\ )?(?:final\ )?"
    r"(?:answer|response|reply|output|decision|conclusion|final)[^\w\n:]{0,4}(?::|$)"
)
_HERE = r"^[^\w\n]{0,4}here(?:['’]s|\ is|\ are)\ my\ "
_FINAL = r"\s{0,9}final\b[^<\n]{0,80}(?:<\|constrain\|>[^<\n]{0,80})?<\|message\|>"

DOCUMENTED = (
    Documented(
        models="gpt-oss (harmony)",
        source="openai/harmony docs/format.md; vllm/parser/harmony.py",
        opens=r"(?:<\|start\|>[^<\n]{0,80})?<\|channel\|>(?!\s{0,9}final\b)[^<\n]{0,80}"
        r"(?:<\|constrain\|>[^<\n]{0,80})?(?:<\|message\|>)?",
        closes=r"<\|(?:end|call)\|>",
        begins=rf"(?:<\|start\|>[^<\n]{{0,80}})?<\|channel\|>{_FINAL}",
    ),
    Documented(
        models="gpt-oss, its special tokens dropped",
        source="openai/gpt-oss discussions of replies such as 'analysisWe need…assistantfinal…'",
        # Lowercase and glued to what follows; "analysis:" or "analysis of the board" is prose.
        opens=r"\A\s*(?:assistant\s{0,3})?(?-i:analysis)(?!\s{0,9}[:\-–—.,]|(?-i:[ \t]+[a-z]))",
        closes=r"(?-i:assistant\s{0,3}final)(?:json\b)?|^(?-i:final)(?=\s|(?-i:[A-Z])|[{\[\"*])",
        begins=r"(?-i:assistantfinal)(?:json\b)?|\A\s*(?-i:final)(?=(?-i:[A-Z])|[{\[\"*])",
    ),
    Documented(
        models="Gemma 4",
        source="vllm/reasoning/gemma4_utils.py; google-gemma/cookbook thinking.ipynb",
        opens=r"<\|channel>(?!\s{0,9}final\b)[^<\n]{0,40}",
        closes=r"<channel\|>",
        begins=r"<\|channel>\s{0,9}final\b",
        lone=True,
    ),
    Documented(
        models="Gemma 4, its special tokens dropped",
        source="vllm/reasoning/gemma4_utils.py: replies that start with the channel's name",
        opens=r"\A\s*(?-i:thought)\n",
        closes=r"<channel\|>",
        fused=True,
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
        models="s1",
        source="simplescaling/s1 README (vLLM with budget forcing)",
        opens=r"<\|im_start\|>\s{0,9}think\w{0,9}",
        closes=r"<\|im_end\|>",
        begins=r"<\|im_start\|>\s{0,9}answer",
    ),
    Documented(
        models="MedGemma 1.5; Gemini, where its control tokens leak",
        source="google/medgemma-1.5-4b-it model card",
        opens=r"<(?:unused|ctrl)94>(?:thought\b)?",
        closes=r"<(?:unused|ctrl)95>",
        lone=True,
    ),
    Documented(
        models="openPangu Embedded",
        source="FreedomIntelligence/openPangu-Embedded-7B README",
        opens=r"\[unused16\]",
        closes=r"\[unused17\]",
        lone=True,
    ),
    Documented(
        models="any, in a comment that a page does not show",
        source="HTML Living Standard, 13.1.6 Comments",
        opens=r"<!--",
        closes=r"-->",
    ),
    Documented(
        models="any, in a comment of a program",
        source="ISO C, 6.4.9 Comments",
        opens=r"/\*",
        closes=r"\*/",
        paired=True,
    ),
    Documented(
        models="any, in LaTeX",
        source="LaTeX environments",
        opens=rf"\\begin\{{(?:{_NOUNS})\}}",
        closes=rf"\\end\{{(?:{_NOUNS})\}}",
        lone=True,
    ),
    Documented(
        models="any, in signs that are no brackets, such as %%think%%…%%/think%%",
        source="a slash before the name, as in every closing tag",
        opens=r"(?!)",
        closes=rf"(?P<sign>[^\w\s/.<>\[\](){{}}]{{1,3}})/\s?(?:{_NOUNS})\b(?P=sign)?",
        lone=True,
    ),
    Documented(
        models="any, with the channel in an element",
        source="openai/harmony docs/format.md, written as XML",
        opens=r"<channel>\s{0,9}(?!final)\w{1,20}\s{0,9}</channel>",
        closes=r"(?!)",
        begins=r"<channel>\s{0,9}final\s{0,9}</channel>",
    ),
    Documented(
        models="Qwen3.5, its special tokens dropped",
        source="QwenLM/Qwen3.5 reports of replies such as 'Thinking Process:\\n\\n1. …'",
        opens=r"\A\W{0,4}thinking\ process\W{0,4}$",
        closes=rf"</think>|{_LABEL}",
    ),
    Documented(
        models="any, in brackets as a whole",
        source="stage directions",
        opens=rf"^[\[(]\s?(?:{_NOUNS})\s?:",
        closes=r"[\])]\s{0,9}$",
        paired=True,
    ),
    Documented(
        models="any, with labels at the starts of lines",
        source="prompts for reasoning in two sections",
        opens=rf"^[ \t*_>•-]{{0,4}}(?:\[(?:{_NOUNS})\]\s?:|(?:my\ )?(?:{_NOUNS})(?:\ process)?"
        r"[ \t*_]{0,4}(?::|$))",
        closes=rf"{_LABEL}|^[^\w\n]{{0,4}}/(?:{_NOUNS})\W{{0,4}}$",
        paired=True,
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
        opens=rf"{_HERE}(?:\w+\ ){{0,2}}(?:thinking|thoughts?|reasoning|analysis|"
        r"chain\ of\ thought)(?:\ process|\ steps)?\s{0,3}:",
        closes=rf"{_HERE}(?:final\ )?(?:response|answer|reply|output)\b:?",
        paired=True,
    ),
    Documented(
        models="any, through the terminal of Ollama",
        source="ollama/ollama cmd/cmd.go (thinkingOutputOpeningText, …ClosingText)",
        opens=r"^\W{0,3}thinking(?:\.\.\.|…)\W{0,3}$",
        closes=r"^\W{0,4}(?:done|finished|end\ of)\ (?:thinking|thoughts?|reasoning)\b\W{0,4}$",
        lone=True,
        paired=True,
    ),
)

FRAMES = (
    r"\[END\ FINAL\ RESPONSE\]|</?(?:message|channel)>|<(?:turn|channel)\|>|<\|(?:turn|channel)>"
    r"|</?(?:final[_ -]?)?(?:answer|response|reply|output|solution)>"
    r"|<\|(?:open|close)\|>\s{0,9}\w{1,20}\s{0,9}<\|sep\|>"
)
"""Marks around an answer, which are no part of it."""
LINES = r"(?!.*box)"
"""Those of them that stand for a line break: all but those around a single value."""
