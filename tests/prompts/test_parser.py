"""The reply parser recognises every statement of a move and nothing else."""

import ast
import json
import random
import time
from collections.abc import Sequence

import pytest

from gamegrid.backends.backend import FinishReason
from gamegrid.games.labels import normalise
from gamegrid.prompts.parser import Parsed, parse
from gamegrid.records.record_types import Failure

LABELS = ("a1", "a2", "b2", "c3")
STOP = FinishReason.STOP


def read(reply: str, labels: Sequence[str] = LABELS) -> str | Failure:
    """Return the label or the failure of a complete reply."""
    parsed = parse(reply, STOP, labels)
    outcome = parsed.label or parsed.failure
    assert outcome is not None
    return outcome


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        (FinishReason.LENGTH, Failure.TRUNCATED),
        (FinishReason.CONTEXT_OVERFLOW, Failure.CONTEXT_OVERFLOW),
        (FinishReason.CONTENT_FILTER, Failure.REFUSED),
    ],
)
@pytest.mark.parametrize("reply", ['{"action": "a1"}', "Action: a1", "", "<think>a1"])
def test_only_a_whole_reply_is_read(reason: FinishReason, failure: Failure, reply: str) -> None:
    parsed = parse(reply, reason, LABELS)
    assert (parsed.label, parsed.failure) == (None, failure)


@pytest.mark.parametrize(
    "reply", ["", " \n\t", "\ufeff\u200b", "<think>\n\n</think>\n\n", "<think>"]
)
def test_nothing_is_empty(reply: str) -> None:
    assert parse(reply, STOP, LABELS) == Parsed(None, Failure.EMPTY, None)


JSON_ANSWERS = {
    "plain": '{"action": "a1"}',
    "with reasoning": '{"reasoning": "corner", "action": "a1"}',
    "fenced": 'Here you go:\n```json\n{\n  "reasoning": "x",\n  "action": "a1"\n}\n```\nGood luck!',
    "in prose": 'I choose {"action": "a1"}, as said.',
    "braces in a string": '{"reasoning": "sets {b2} and } and {", "action": "a1"}',
    "nested value": '{"scores": {"b2": [1, {"x": -0.5e3}]}, "action": "a1", "sure": true}',
    "nested answer": '{"answer": {"action": "a1"}}',
    "tool call": '{"name": "play", "arguments": {"action": "a1"}}',
    "in a list": '[{"action": "a1"}]',
    "python dict": "{'action': 'a1'}",
    "python words": "{'reasoning': 'it\\'s \"best\"', 'sure': True, 'x': None, 'action': 'a1',}",
    "apostrophe": "{'reasoning': \"it's best\", 'action': 'a1'}",
    "curly quotes": '{“reasoning”: “the "corner"”, “action”: “a1”}',
    "trailing comma": '{"action": "a1",}',
    "raw line break": '{"reasoning": "first\nsecond", "action": "a1"}',
    "stray escape": '{"reasoning": "\\(a_1\\) wins", "action": "a1"}',
    "unicode escape": '{"action": "\\u0061\\u0031"}',
    "key in capitals": '{"Action": "a1"}',
    "doubled braces": '{{"action": "a1"}}',
    "boxed": '\\boxed{{"action": "a1"}}',
    "same value twice": '{"action": "a1", "action": "a1"}',
    "after prose with a brace": 'The cells {a1 and b2 are free.\n{"action": "a1"}',
    "after a set": 'Of {"a1", "b2"} the first: {"action": "a1"}',
    "after the placeholder": '{"action": "<one of the labels>"}\n{"action": "a1"}',
    "after a garbled one": '{"reasoning": "x" "action": "b2"}\nAgain: {"action": "a1"}',
    "after a broken one": 'The format is {"action": <label>}.\n\n{"action": "a1"}',
    "after a rejected one": '{"action": "b2"} no, better: {"action": "a1"}',
    "corrected line": 'Action: b2\nor rather {"action": "a1"}',
    "before another object": '{"action": "a1"} {"confidence": 0.9}',
    "as the line's value": 'Action: {"action": "a1"}',
    "as the line's fenced value": 'Action:\n```json\n{"action": "a1"}\n```',
    "reasoning quotes a line": '{"reasoning": "Not\nAction: b2\nno", "action": "a1"}',
    "reasoning quotes an object": '{"reasoning": "{\\"action\\": \\"b2\\"}", "action": "a1"}',
    "reasoning last": '{"action": "a1", "reasoning": "{\'action\': \'b2\'}"}',
    "enclosing object ends later": '{"action": "a1", "next": {"action": "b2"}}',
    "full-width marks": "{“reasoning”：“角落，a1”，“action”：“ａ１”}",
    "full-width quotes in a string": '{"reasoning": "他说＂b2＂，", "action": "a1"}',
    "decorated value": '{"action": "<b>a1</b> ✅"}',
    "brace missing": '{"reasoning": "x", "action": "a1"',
    "brace missing in a fence": '```json\n{"action": "a1"\n```',
    "for HTML": "{&quot;reasoning&quot;: &quot;it&#39;s&quot;, &quot;action&quot;: &quot;a1&quot;}",
    "as a string": json.dumps(json.dumps({"reasoning": 'the "corner"', "action": "a1"})),
    "as a string after thought": '<think>b2</think>"{\\"action\\": \\"a1\\"}"',
    "unquoted": '{"action": a1}',
    "unquoted key": '{action: "a1"}',
    "unquoted keys": 'So:\n```json\n{\n  reasoning: "not b2",\n  action: "a1",\n}\n```\n',
    "quotes in the reasoning": '{"reasoning": "he said "b2", so "c3"?", "action": "a1"}',
    "no comma but a line break": '{"reasoning": "x"\n "action": "a1"}',
    "comment": '{"reasoning": "x", // not b2\n "action": "a1"}',
    "other languages": '我选择左上角。\n{"reasoning": "角落", "action": "a1"}\nВсё.',
}


@pytest.mark.parametrize("reply", JSON_ANSWERS.values(), ids=JSON_ANSWERS)
def test_json_answers(reply: str) -> None:
    assert read(reply) == "a1"


LINE_ANSWERS = {
    "plain": "Action: a1",
    "after prose": "The corner is best.\n\nAction: a1\n",
    "before prose": "Action: a1\nIt wins.",
    "case and space": "ACTION : A 1",
    "bold": "**Action:** a1",
    "bold outside": "**Action**: a1",
    "bold whole": "**Action: a1**",
    "code": "`Action: a1`",
    "code value": "Action: `a1`.",
    "bullet": "- Action: a1",
    "heading": "### Action: a1",
    "quote": "> Action: a1",
    "number": "2. Action: a1",
    "quoted": 'Action: "a1"',
    "curly quotes": "Action: “a1”",
    "brackets": "Action: <a1>",
    "full width": "Action：ａ１",
    "windows": "Well.\r\nAction: a1\r\nBye.\r\n",
    "fenced": "```\nAction: a1\n```",
    "full-width keyword": "Ａｃｔｉｏｎ：ａ１",
    "LaTeX": r"Action: $\boxed{\text{a1}}$",
    "LaTeX whole": r"$\boxed{\text{Action: }a1}$",
    "HTML": "Action: <b><code>a1</code></b>",
    "HTML keyword": "<p><strong>Action</strong>: a1</p>",
    "HTML quotes": "Action: &quot;a1&quot;",
    "emoji": "👉 **Action:** ✅ a1 🎯",
    "end token": "Action: a1</s>",
    "other end token": "Action: a1<|im_end|>",
    "end token with marks": "Action: a1<｜end▁of▁sentence｜>",
    "value below": "**Action:**\n\n`a1`\n",
    "corrected": "Action: b2\nNo, I misread the board.\nAction: a1",
    "corrected object": '{"action": "b2"}\nSorry, I meant:\nAction: a1',
    "the same move again": "Action: a1\nAction: A1.",
    "after an object of something else": '{"move": "b2"}\nAction: a1',
    "after thought": "<think>Action: b2</think>Action: a1",
}


@pytest.mark.parametrize("reply", LINE_ANSWERS.values(), ids=LINE_ANSWERS)
def test_line_answers(reply: str) -> None:
    assert read(reply) == "a1"


NO_LABELS = ["a1 or b2", "not a1", "a10", "a", "1", "a1 b2", "a1, b2", "a1.5", "cell a1", "~~a1~~"]
NO_LABELS += ["❌ a1", "🚫a1", "a1 👎", "<s>a1</s>", "<del>a1</del> b2", "<b>a1</b> or b2", "¬a1"]
NO_LABELS += [r"\cancel{a1}", r"\boxed{a1} or \boxed{b2}", "&not;a1", "<b>not</b> a1", "~~a1~~ ✅"]
NO_LABELS += ["<one of the labels>", "none", "a1" * 100, "Action: a1", "a1 ♠", "-"]


@pytest.mark.parametrize("value", NO_LABELS)
def test_only_a_full_match_is_legal(value: str) -> None:
    assert read(json.dumps({"action": value})) == Failure.ILLEGAL
    if value != "-":  # a line without any word has no value
        assert read(f"Action: {value}") == Failure.ILLEGAL


ILLEGAL = {
    "corrected to no label": '{"action": "a1"}\nNo, rather:\nAction: z9',
    "two that are no labels": "Action: z8\nAction: z9",
    "placeholder alone": '{"action": "<one of the labels>"}',
    "explained": "Action: a1 because it wins",
    "two on a line": "Action: a1 Action: b2",
    "object of something else": 'Action: {"move": "a1"}',
    "empty string": '{"action": ""}',
}


@pytest.mark.parametrize("reply", ILLEGAL.values(), ids=ILLEGAL)
def test_an_answer_that_is_no_label_is_illegal(reply: str) -> None:
    assert read(reply) == Failure.ILLEGAL


REFUSALS = [
    "I'm sorry, but I cannot help with that.",
    "I’m very sorry, I can’t assist with gambling.",
    "As an AI language model, I'm unable to participate in betting.",
    "I won't help you.",
    "<think>Action: a1</think>I cannot continue this game.",
]


@pytest.mark.parametrize("reply", REFUSALS)
def test_declining_in_words_is_a_refusal_unless_there_is_an_answer(reply: str) -> None:
    assert read(reply) == Failure.REFUSED
    assert read(f"{reply}\nAction: a1") == "a1"
    assert read(f'{reply}\n{{"action": "z9"}}') == Failure.ILLEGAL


UNPARSABLE = {
    "bare label": "a1",
    "prose": "I play a1.",
    "apology": "I'm sorry, I can't see a good move.",
    "refusal in mid-text": "Well, I cannot help with that.",
    "no colon": "Action = a1",
    "in mid-line": "My action: a1",
    "other word": "Reaction: a1",
    "plural": "Actions: a1",
    "struck out": "~~Action: a1~~",
    "no value": "Action:",
    "list below": "Action:\na1\nb2",
    "sentence below": "Action:\nI am not sure",
    "no value after an answer": '{"action": "a1"}\nAction:',
    "only thought": "<think>Action: a1</think>",
    "unclosed thought": '<think>maybe {"action": "a1"}',
    "unclosed outer thought": "<think>well <reasoning>x</reasoning>\nAction: a1",
    "thought without opening": 'Action: a1\n{"action": "a1"}</think> hm',
    "list": '{"action": ["a1"]}',
    "object": '{"action": {"label": "a1"}}',
    "object with an answer": '{"action": {"action": "a1"}}',
    "null": '{"action": null}',
    "true": '{"action": true}',
    "two values": '{"action": "a1", "action": "b2"}',
    "no action": '{"move": "a1"}',
    "cut off in a number": '{"action": 1',
    "cut off in a bare value": '{"action": a1',
    "cut off, no value": '{"reasoning": "x", "action": "',
    "cut off after a quotation": '{"reasoning": "not "\n"action": "a1"',
    "cut off after an inner object": '{"reasoning": "not {action: "a1"}',
    "cut off in the value": '{"reasoning": "x",\n"action": "a1',
    "form in prose": 'The format is {action: "a1"}',
    "form in prose, cut off": 'I would never say {"action": "a1"',
    "form in prose, for HTML": "The format is {&quot;action&quot;: &quot;a1&quot;} but I decline.",
    "form in prose, as a string": '"The format is {\\"action\\": \\"a1\\"} but I decline."',
    "form, then prose": '{action: "a1"}\nbut I decline.',
    "form, then reasoning": '{action: "a1", reasoning: "no, b2"}',
    "form, then another": '{action: "a1"}\n{reasoning: "no"}',
    "form with two actions": '{reasoning: "I weigh "action: b2"", action: "a1"}',
    "form with a comment after": '{"reasoning": "x", "action": a1 // no, b2\n}',
    "form commented out": '{"reasoning": "x"\n// "action": "a1"\n}',
    "form with a brace": '{"reasoning": "set {b2 of "x"", "action": "a1"}',
    "form of another style": '{"reasoning": "x\n, action: "a1"}',
    "quoted key in the reasoning": '{"reasoning": "one says "action": "a1""}',
    "quoted at the end": '{"reasoning": "not "action": "a1"}',
    "quoted after words": '{"reasoning": "I say, "action": "a1"}',
    "quoted for HTML": '{"reasoning": "not {&quot;action&quot;: &quot;a1&quot;}"}',
    "crossed line": "❌ Action: a1",
    "struck HTML": "<s>Action: a1</s>",
    "no comma": '{"reasoning": "x" "action": "a1"}',
    "wrong end": '{"action": "a1"]',
    "line within a string": '{"reasoning": "x\nAction: a1\ny"}',
}


@pytest.mark.parametrize("reply", UNPARSABLE.values(), ids=UNPARSABLE)
def test_what_states_no_move_is_unparsable(reply: str) -> None:
    assert read(reply) == Failure.UNPARSABLE


DOUBTFUL = {
    "two lines": "Action: b2\nAction: a1",
    "object, then line": '{"action": "b2"}\nAction: a1',
    "line after object": '{"action": "a1"}\nAction: z9',
    "object after line": 'Action: a1\n{"action": "z9"}',
    "line and object": 'Action: a1 {"action": "b2"}',
    "placeholder after answer": '{"action": "a1"}\nFormat: {"action": "<one of the labels>"}',
    "played on": "Action: b2\nObservation: O plays a1.\nAction: c3",
    "taken back": "Action: b2\nWait, that loses. I play a1 instead.",
    "plan": '{"plan": [{"action": "b2"}, {"action": "a1"}]}',
    "ranking": "1. Action: b2\n2. Action: a1",
    "alternative": "Action: b2\nAlternatively:\nAction: a1",
    "opponent's": 'Opponent\'s reply:\n{"action": "b2"}',
    "example": 'For example: {"action": "b2"}',
    "condition": "If O holds the centre:\nAction: a1",
    "quoted, answer later": '{"reasoning": "not "{"action": "b2"}" but", "action": "a1"}',
    "quoted, answer before": '{"action": "a1", "reasoning": "not "{"action": "b2"}" here"}',
    "quoted twice": '{"action": "a1", "why": "no "{"action": "b2"}", "{"action": "c3"}""}',
    "quoted line": '{"action": "a1", "reasoning": "he said "no"\nAction: b2\nbut"}',
    "quoted, then cut off": '{"action": "a1", "reasoning": "not "{"action": "b2"}" since',
    "another object cut off": '{"action": "b2"}\nNo: {"action": "a',
    "another object broken": "{'action': 'b2'}\nNo: {'action': a1}",
    "another object unquoted": '{"action": "b2"}\nNo: {action: "a1"}',
    "another statement": "Action: b2\nI mean, my final action: a1",
    "struck out around": '~~\n{"action": "a1"}\n~~',
    "struck out lines": "~~I thought\nAction: a1~~",
    "struck out in HTML": "<del>Nonsense:\nAction: a1</del>",
    "struck out in HTML like an end token": "<s>Nonsense:\nAction: a1</s>",
    "later bold keyword": "Action: b2\nNo, the <b>action</b>: a1",
    "crossed": "Action: b2\n❌ Action: a1",
}


@pytest.mark.parametrize("reply", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_doubtful_answer_is_no_answer(reply: str) -> None:
    assert read(reply) == Failure.UNPARSABLE


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        ("5", "5"),
        ("12", "12"),
        ("-1", "-1"),
        ("1", Failure.ILLEGAL),
        ("5.0", Failure.ILLEGAL),
        ("5e0", Failure.ILLEGAL),
        ("6", Failure.ILLEGAL),
        ("1" * 5000, Failure.ILLEGAL),
        ("05", Failure.ILLEGAL),
        ("NaN", Failure.ILLEGAL),
        ('"5"', "5"),
        ('" 5. "', "5"),
        ('"1 2"', Failure.ILLEGAL),
        ('"1-2"', Failure.ILLEGAL),
        ('"1.2"', Failure.ILLEGAL),
        ('".5"', Failure.ILLEGAL),
        ('"-5"', Failure.ILLEGAL),
        ('"−5"', Failure.ILLEGAL),
        ('"−1"', "-1"),
    ],
)
def test_numbers(action: str, outcome: str | Failure) -> None:
    assert read(f'{{"action": {action}}}', ("5", "12", "-1")) == outcome


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("bxc3", "bxc3"),
        ("Bxc3", "Bxc3"),
        ("**Bxc3**.", "Bxc3"),
        ("BXC3", Failure.ILLEGAL),
        ("nf3", "Nf3+"),
        ("O-O", "O-O"),
        ("o-o-o", Failure.ILLEGAL),
        ("0-0", Failure.ILLEGAL),
    ],
)
def test_labels_that_differ_in_case_alone(value: str, outcome: str | Failure) -> None:
    labels = ("bxc3", "Bxc3", "Nf3+", "O-O")
    assert read(json.dumps({"action": value}), labels) == outcome
    assert read(f"Action: {value}", labels) == outcome


@pytest.mark.parametrize(
    "labels", [("+", "-"), ("<", ">"), ("x+1", "x-1"), ("♠A", "♥A"), ("ß", "s"), ("A)", "a")]
)
def test_labels_that_differ_in_a_symbol_alone(labels: tuple[str, str]) -> None:
    for label in labels:
        assert read(json.dumps({"action": label}), labels) == label
        assert read(f"Action: {label}", labels) == label


def test_another_suit_is_another_card() -> None:
    assert read('{"action": "♥ A"}', ("♠A",)) == Failure.ILLEGAL
    assert read('{"action": "♠\ufe0f a"}', ("♠A",)) == "♠A"


def test_decoration_is_not_told_from_a_label_that_ends_so() -> None:
    assert read('{"action": "a)"}', ("A)", "a")) == Failure.ILLEGAL


def test_decoration_is_no_label_of_its_own() -> None:
    """A tag copied as brackets is a label; if both could be meant, neither is."""
    assert read("Action: <b>", ("a", "b")) == "b"
    assert read("Action: <b> a", ("a", "b")) == Failure.ILLEGAL
    assert read("Action: <b>a</b>", ("a", "b")) == "a"
    assert read("Action: <b>a</b>", ("a", "bab")) == Failure.ILLEGAL
    assert read("Action: <s>A</s>", ("SA", "A")) == Failure.ILLEGAL


def test_no_labels_is_no_move() -> None:
    assert read("Action: a1", ()) == Failure.ILLEGAL


@pytest.mark.parametrize(
    ("reply", "reasoning"),
    [
        ("Action: a1", None),
        ('{"action": "a1", "reasoning": " "}', None),
        ('{"action": "a1", "reasoning": ["x"]}', None),
        ('{"reasoning": "one\\ntwo \\ud83d\\ude00", "action": "a1"}', "one\ntwo 😀"),
        ('{"reasoning": "half \\ud83d.", "action": "a1"}', "half \N{REPLACEMENT CHARACTER}."),
        ('<think>\nx\n</think>\n{"reasoning": "y", "action": "a1"}', "x\n\ny"),
        ("<THINK>x</THINK>Action: a1<reasoning>y</reasoning>\nAction: a1", "x\n\ny"),
        ("<thinking>a <think> b</thinking>Action: a1", "a <think> b"),
        ("from the prompt on</think>Action: a1", "from the prompt on"),
        ("<think>x</think>y</think>Action: a1", "x\n\ny"),
        ("<think>x <think>y</think> z</think>Action: a1", "x <think>y\n\nz"),
        ("Action: a1\n<think>still thinking", "still thinking"),
    ],
)
def test_reasoning_is_kept(reply: str, reasoning: str | None) -> None:
    assert parse(reply, STOP, LABELS) == Parsed("a1", None, reasoning)


def test_reasoning_of_a_failure_is_kept() -> None:
    reply = '<think>x</think>{"reasoning": "y", "action": "z9"}'
    assert parse(reply, STOP, LABELS) == Parsed(None, Failure.ILLEGAL, "x\n\ny")
    assert parse("<think>x", FinishReason.LENGTH, LABELS) == Parsed(None, Failure.TRUNCATED, "x")


def test_parsed_is_one_or_the_other() -> None:
    for label, failure in [(None, None), ("a1", Failure.EMPTY)]:
        with pytest.raises(ValueError, match="either"):
            Parsed(label, failure, None)


# Properties, over seeded random replies

PIECES = [*"{}[]:,\"'“”`*\\\n -", "a1", "b2", "z9", "action", "Action:", "reasoning", "5", "null"]
PIECES += [
    "{action:",
    "reasoning:",
    "&quot;",
    "✅",
    "<s>",
    "</s>",
    "~~",
    "\\boxed{",
    "，",
    "：",
    "//",
]
PIECES += ['{"action": "a1"}', '{"action": "b2"', "{'action': 'c3'}", "<think>", "</think>", '":']


@pytest.mark.parametrize("seed", range(20))
def test_any_text_has_an_outcome_and_a_move_was_stated(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(500):
        reply = "".join(draw.choices(PIECES, k=draw.randrange(30)))
        label = parse(reply, STOP, LABELS).label
        assert label is None or (label in LABELS and label in normalise(reply))


@pytest.mark.parametrize("seed", range(20))
def test_objects_are_read_as_json_and_python_read_them(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(100):
        action = draw.choice(LABELS)
        reasoning = "".join(draw.choices([*PIECES, "é", "\t", "\\n", "😀"], k=draw.randrange(20)))
        entries = [("reasoning", reasoning), ("action", action), ("plan", [{"x": {}}, [1.5, None]])]
        content = dict(draw.sample(entries, k=3))
        assert ast.literal_eval(repr(content)) == content
        indent = draw.choice([None, 2])
        escaped = draw.choice([True, False])
        for text in (json.dumps(content, indent=indent, ensure_ascii=escaped), repr(content)):
            if "think>" in reasoning:
                continue  # the tags are cut before anything is parsed
            expected = Parsed(action, None, reasoning.strip() or None)
            assert parse(text, STOP, LABELS) == expected
            assert parse(f"So:\n```json\n{text}\n```\nDone.", STOP, LABELS) == expected
            for cut in (len(text) // 2, len(text) - 1):
                assert parse(text[:cut], STOP, LABELS).label in (None, action)


@pytest.mark.parametrize("seed", range(20))
def test_no_two_labels_are_conflated(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(100):
        words = {"".join(draw.choices("aAbB12 -+().♠♥", k=draw.randrange(1, 5))) for _ in range(6)}
        labels = sorted({word.strip() for word in words} - {""})
        for label in labels:
            assert read(json.dumps({"action": label}), labels) == label
            changed = draw.choice([str.upper, str.lower, "**{}**".format, "“{}”".format])(label)
            outcome = read(json.dumps({"action": changed}), labels)
            assert outcome in (label, Failure.ILLEGAL) or outcome == changed


QUOTES = ['"', "'", '{"action": "b2"}', "{'action': 'b2'}", "\nAction: b2\n", "{x}", '{"r": "x"}']
QUOTES += [" I think ", " a2 ", ", ", ": ", "it's ", '\\"', "“b2”", "```"]


@pytest.mark.parametrize("seed", range(20))
def test_a_quotation_that_was_not_escaped_is_never_the_answer(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(500):
        quote, said = draw.choice("\"'"), "".join(draw.choices(QUOTES, k=draw.randrange(1, 8)))
        reasoning = f"{quote}reasoning{quote}: {quote}{said}{quote}"
        action = f"{quote}action{quote}: {quote}a1{quote}"
        shape = draw.choice(
            ["{%s, %s}", "```json\n{\n  %s,\n  %s\n}\n```\n", "{%s, %s", "[{%s, %s}]"]
        )
        for reply in (shape % (reasoning, action), shape % (action, reasoning)):
            assert parse(reply, STOP, LABELS).label in ("a1", None)


KEYED = ['"action": "b2"', ', "action": "b2"', '\n"action": "b2"', "action: b2", '{action: "b2"}']
KEYED += ["{&quot;action&quot;: &quot;b2&quot;}"]
KEYED += ['\\"action\\": \\"b2\\"', ", // ", "/* */ ", "\n", "}"]


@pytest.mark.parametrize("seed", range(20))
def test_a_garbled_answer_never_hides_behind_a_quoted_one(seed: int) -> None:
    """However garbled the answer is, text quoted in the reasoning is not taken for it."""
    draw = random.Random(seed)
    for _ in range(500):
        said = "".join(draw.choices([*QUOTES, *KEYED], k=draw.randrange(1, 6)))
        key, value = draw.choice([("action", "a1"), ('"action"', "a1"), ('"action"', '"a1"')])
        reasoning = "reasoning" if key == "action" else '"reasoning"'
        separator = draw.choice([", ", ",\n  ", "\n  ", " ", ", /* b2 */ ", ", // b2\n"])
        body = f'{{{reasoning}: "{said}"{separator}{key}: {value}'
        for reply in (f"{body}}}", f"{body},\n}}", f"```json\n{body}\n}}\n```", body):
            assert parse(reply, STOP, LABELS).label in ("a1", None)


@pytest.mark.parametrize("seed", range(20))
def test_a_quotation_alone_is_no_answer(seed: int) -> None:
    """An action inside the reasoning, without an answer after it, is not a move."""
    draw = random.Random(seed)
    for _ in range(500):
        words = "".join(
            draw.choices([" x ", "it's ", ": ", "a2 ", "“c3” ", "\n"], k=draw.randrange(5))
        )
        quoted = draw.choice(["action: b2", 'action: "b2"', '"action": "b2"', '{action: "b2"}'])
        key = draw.choice(["reasoning", '"reasoning"'])
        for end in ('"}', ' but no."}', ' but no.", "action": null}', "", " but no"):
            reply = f'{{{key}: "{words}I say {quoted}{end}'
            assert parse(reply, STOP, LABELS).label is None


MARKS = ["❌", "🚫", "👎", "~~", "<s>", "<del>", "not ", "¬", "b2 ", "or ", "no: ", "\\cancel{"]


@pytest.mark.parametrize("seed", range(5))
def test_no_decoration_hides_a_mark_that_matters(seed: int) -> None:
    draw = random.Random(seed)
    around = ["<b>{}</b>", "$\\boxed{{{}}}$", "\\text{{{}}}", "✅ {}", "{} 🎯", "{}</s>", "**{}**"]
    for _ in range(300):
        value, plain = draw.choice(MARKS) + "a1", "a1"
        for shape in draw.sample(around, k=draw.randrange(4)):
            value, plain = shape.format(value), shape.format(plain)
        assert read(f"Action: {plain}") == "a1"
        assert read(f"Action: {value}") == Failure.ILLEGAL


@pytest.mark.parametrize(
    ("label", "form"),
    [
        ("Nf3+", "nf3"),
        ("x(0, -1)", "x0-1"),
        ("24/20 13/8", "24 20 13 8"),
        (" Bid: ５ ", "bid5"),
        ("Straße", "strasse"),
        (".5", ".5"),
        ("♠ 10", "♠10"),
        ("rock_paper", "rockpaper"),
        ("...", ""),
        ("", ""),
    ],
)
def test_normal_form(label: str, form: str) -> None:
    assert normalise(label) == form


# Long replies

SIZE = 30_000
UNITS = [
    *(
        "{",
        "}",
        "[",
        '"',
        "'",
        "“",
        "\\",
        "`",
        "*",
        " ",
        "\n",
        "a",
        "é",
        "\u0300\u0316",
        "\ufdfa",
        "9",
    ),
    *("Action:", "Action: ", "\nAction:", "\nAction: a1", "\n>", "\n1.", "\nAction:*", "Action*"),
    *('{"', "{'", '{"a":', '{"a":[', '{"action":', '{"action":"a1"}', '\nAction: {"action":1}'),
    *('{"a":"{",', '":{":":0,', "{'\"", "{\"'", '{"\\', '{"\\"', "{“", '{"action":"a1","x":'),
    *("{action:", '{reasoning:"', '",', '"\n', '"/*', '"//', "&#", "&quot;", "<b>", "<b "),
    *(
        "<s>",
        "~~",
        "\nAction: <b>",
        "\\boxed{",
        "✅",
        "：",
        "</s>",
        "<|",
        "ａｃｔｉｏｎ：",
        "Action</b>",
    ),
    *("I'm sorry, ", "As an AI "),
    *("<think>", "</think>", "<think", "<think></think>", "< ", "action", "action ", '{"a":1e1,'),
]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("", '"}\nAction: a1'),
        ('{"a":', '"}\nAction: a1'),
        ('{"action": "', '"}\nAction: a1'),
        ('{reasoning: "', '", action: "a1"}'),
    ],
)
def test_long_replies_take_linear_time(start: str, end: str, unit: str) -> None:
    """Takes well under a second on an ordinary machine; anything quadratic takes far longer."""
    reply = start + unit * (SIZE // len(unit)) + end
    begun = time.process_time()
    parse(reply, STOP, LABELS)
    assert time.process_time() - begun < 2


def test_depth_is_no_limit() -> None:
    deep = '{"a":' * 30_000 + '{"action": "a1"}' + "}" * 30_000
    assert read(deep) == "a1"
    assert read('{"action": ' * 30_000 + "1" + "}" * 30_000) == Failure.UNPARSABLE
