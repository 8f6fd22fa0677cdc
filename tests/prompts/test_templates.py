"""Templates: a constant prefix, a turn that ends in the legal moves, errors that name the file."""

import json
import re
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from arena import PROMPTS, SUITE, movers, random_decisions
from gamegrid import games
from gamegrid.errors import UserError
from gamegrid.games.game import Game
from gamegrid.prompts import templates
from gamegrid.prompts.templates import TurnContext

NAMES = sorted(path.stem for path in PROMPTS.glob("*.jinja"))
WHOLE = "{% block prefix %}P{% endblock %}{% block state %}S{% endblock %}"
RETHINK = "{% block rethink %}R{{ failure }}{% endblock %}"


def seen(game: Game) -> list[TurnContext]:
    """Return the turns of some random playouts."""
    return [
        TurnContext(
            game=game,
            seat=seat,
            observation=game.observation(state, seat),
            history=tuple(game.history(history, seat)),
            labels=tuple(game.label(state, seat, a) for a in state.legal_actions(seat)),
        )
        for history, state in random_decisions(game, 5)
        for seat in movers(state)
    ]


def test_the_two_templates_of_the_workflow_are_there() -> None:
    assert {"default", "terse"} <= set(NAMES)


@pytest.mark.parametrize("name", SUITE)
def test_the_default_turn_ends_in_one_line_of_legal_moves_in_json(name: str) -> None:
    template = templates.load("default", (PROMPTS,))
    for observation in seen(games.load(name)):
        for text in (template.state(observation), template.first(observation)):
            *before, last = text.split("\n")
            assert json.loads(last.removeprefix("Legal moves: ")) == list(observation.labels)
            assert not any(line.startswith("Legal moves:") for line in before)
        for failure in ("illegal", "truncated", "empty", "refused", "unparsable"):
            rethink = template.rethink(observation, failure).split("\n")[-1]
            assert json.loads(rethink.removeprefix("Legal moves: ")) == list(observation.labels)


@pytest.mark.parametrize("template", NAMES)
@pytest.mark.parametrize("name", SUITE)
def test_the_prefix_is_the_same_bytes_in_every_turn_and_seat(name: str, template: str) -> None:
    loaded = templates.load(template, (PROMPTS,))
    observations = seen(games.load(name))
    prefixes = {
        loaded.first(observation).removesuffix(loaded.state(observation))
        for observation in observations
    }
    assert len(prefixes) == 1
    assert observations[0].game.title in prefixes.pop()


@pytest.mark.parametrize("template", NAMES)
def test_the_turn_shows_view_and_labels_as_they_are(tic_tac_toe: Game, template: str) -> None:
    loaded = templates.load(template, (PROMPTS,))
    for observation in seen(tic_tac_toe):
        awkward = replace(observation, observation="<b>&\"'", labels=("x & <y>", 'é "q"'))
        text = loaded.state(awkward)
        assert "<b>&\"'" in text
        assert "x & <y>" in text and "é" in text
        assert observation.observation in loaded.state(observation)


def test_the_default_prompt_tells_the_rules_and_the_whole_history(tic_tac_toe: Game) -> None:
    template = templates.load("default", (PROMPTS,))
    for observation in seen(tic_tac_toe):
        text = template.first(observation)
        assert tic_tac_toe.rules() in text
        told = "; ".join(observation.history) or "none"
        assert f"Moves so far: {told}." in text


def test_the_labels_are_shown_in_the_order_given(tic_tac_toe: Game) -> None:
    template = templates.load("default", (PROMPTS,))
    observation = seen(tic_tac_toe)[0]
    backwards = replace(observation, labels=observation.labels[::-1])
    shown = json.loads(template.state(backwards).split("Legal moves: ")[-1])
    assert tuple(shown) == observation.labels[::-1]


# Finding and refusing


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.jinja"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_first_folder_wins_and_the_digest_tells_texts_apart(tmp_path: Path) -> None:
    own, workflow = tmp_path / "own", tmp_path / "workflow"
    own.mkdir()
    workflow.mkdir()
    write(workflow, "t", WHOLE + RETHINK)
    theirs = templates.load("t", (own, workflow))
    write(own, "t", WHOLE + RETHINK + "{# more #}")
    mine = templates.load("t", (own, workflow))
    assert theirs.digest != mine.digest
    assert theirs.digest == templates.load("t", (workflow,)).digest


def test_an_unknown_template_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UserError) as refusal:
        templates.load("defualt", (PROMPTS,))
    text = str(refusal.value)
    assert "'defualt'" in text and "Did you mean 'default'?" in text and "terse" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WHOLE, "block 'rethink' is missing"),
        ("", "block 'prefix' is missing"),
        (
            WHOLE.replace("P", "{{ observation }}") + RETHINK,
            "block 'prefix': 'observation' is undefined",
        ),
        (WHOLE + "\n{% block rethink %}", "line 2"),
        (WHOLE + RETHINK + "\n\n{{ x | nonsense }}", "line 3"),
    ],
)
def test_a_broken_template_is_refused_by_file(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, "t", text)
    with pytest.raises(UserError) as refusal:
        templates.load("t", (tmp_path,))
    assert str(refusal.value).startswith(str(path))
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.jinja").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="UTF-8"):
        templates.load("t", (tmp_path,))


def test_a_name_no_template_knows_is_refused_when_the_template_is_loaded(tmp_path: Path) -> None:
    path = write(tmp_path, "t", WHOLE + "{% block rethink %}{{ mood }}{% endblock %}")
    with pytest.raises(UserError) as refusal:
        templates.load("t", (tmp_path,))
    assert str(refusal.value).startswith(str(path))
    assert "mood" in str(refusal.value)


def test_texts_of_two_turns_differ_only_after_the_prefix(tic_tac_toe: Game) -> None:
    template = templates.load("default", (PROMPTS,))
    texts = [template.first(observation) for observation in seen(tic_tac_toe)[:6]]
    for one, other in pairwise(texts):
        common = next(n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
        assert common > one.index(tic_tac_toe.rules()) + len(tic_tac_toe.rules())


# Wordings of equal content

WORDINGS = ("default", "paraphrase_1", "paraphrase_2", "paraphrase_3")


@pytest.mark.parametrize("name", ["tic_tac_toe", "leduc_poker", "prisoners_dilemma"])
def test_the_wordings_tell_the_same_facts_in_other_words(name: str) -> None:
    loaded = [templates.load(wording, (PROMPTS,)) for wording in WORDINGS]
    game = games.load(name)
    for observation in seen(game):
        texts = [template.first(observation) for template in loaded]
        history = "; ".join(observation.history) or "none"
        for text in texts:
            for fact in (game.title, game.rules(), observation.observation, f": {history}."):
                assert text.count(fact) >= 1
            *_, last = text.split("\n")
            assert json.loads(last.removeprefix("Legal moves: ")) == list(observation.labels)
            form = re.search(r"^\{.*\}$", text, re.MULTILINE)
            assert form is not None
            assert list(json.loads(form[0])) == ["reasoning", "action"]
        # Apart from these facts, no two wordings share a sentence.
        facts = (game.rules(), observation.observation, *observation.history)
        told = [re.sub("|".join(map(re.escape, facts)), "", text) for text in texts]
        sentences = [set(re.findall(r"[A-Z][^.:\n]{20,}[.:]", text)) for text in told]
        assert all(one.isdisjoint(other) for one, other in combinations(sentences, 2))


@pytest.mark.parametrize("template", NAMES)
@pytest.mark.parametrize("name", ["tic_tac_toe", "kuhn_poker"])
def test_hidden_moves_are_told_nowhere(name: str, template: str) -> None:
    loaded = templates.load(template, (PROMPTS,))
    for observation in seen(games.load(name)):
        hidden = replace(observation, observation="", history=(), labels=())
        for text in (loaded.state(hidden), loaded.rethink(hidden, "illegal")):
            assert "Legal moves: [" not in text and "[]" not in text
            assert text == text.strip() and text
            # Only the labels are missing: no list, empty or not, takes their place.
            assert not re.search(r"moves:\s*$", text)
