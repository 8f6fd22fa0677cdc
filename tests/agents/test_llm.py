"""The llm agent: what it sends, and to whom it credits each move."""

import json
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from arena import PROMPTS, bot, play, play_one, setup
from gamegrid import games
from gamegrid.agents.agent import Agent, Ask, Tools, kinds
from gamegrid.backends.backend import (
    BackendError,
    Completion,
    Decode,
    FinishReason,
    Message,
    RecordedCompletion,
    Request,
    Sampling,
    Usage,
)
from gamegrid.games.game import Game
from gamegrid.luck import Place
from gamegrid.prompts import templates
from gamegrid.records.journal import Journal
from gamegrid.records.record_types import DecisionStatus, EpisodeRecord, EpisodeStatus, Failure

LABELS_LINE = "Legal moves: "

CONTEXT_FULL = Completion(text="", finish_reason=FinishReason.CONTEXT_OVERFLOW)


def shown_labels(request: Request) -> list[str]:
    """Return the labels in the last message, as the default template lists them."""
    last = request.messages[-1].content.split("\n")[-1]
    assert last.startswith(LABELS_LINE)
    found: list[str] = json.loads(last.removeprefix(LABELS_LINE))
    return found


Reply = Callable[[Request, int], str | Completion]


class Model:
    """A fake model whose reply is a function of the request and the attempt."""

    def __init__(self, reply: Reply):
        self.reply = reply
        self.asked: list[tuple[Place, int, int, Request]] = []

    async def ask(
        self, place: Place, ply: int, attempt: int, request: Request
    ) -> RecordedCompletion:
        self.asked.append((place, ply, attempt, request))
        said = self.reply(request, attempt)
        if isinstance(said, str):
            said = Completion(text=said, finish_reason=FinishReason.STOP)
        return RecordedCompletion(said, replayed=False)

    @property
    def requests(self) -> list[Request]:
        return [request for *_, request in self.asked]


def answer(label: str) -> str:
    return json.dumps({"reasoning": "because", "action": label})


def first_label(request: Request, attempt: int) -> str:
    return answer(shown_labels(request)[0])


def unsure(request: Request, attempt: int) -> str:
    """Answer correctly only at the second attempt."""
    return first_label(request, attempt) if attempt else "I do not know."


def never(request: Request, attempt: int) -> str:
    return "<think>the corner</think> I do not know."


def llm(ask: Ask, name: str = "x", **settings: Any) -> Agent:
    kind = kinds()["llm"]
    given = kind.settings(type="llm", model="hf_x", **settings)
    return kind.build(name, given, Tools(ask=lambda model: ask, prompts=(PROMPTS,)))


def against_random(game: Game, model: Model, deal: int = 0, **settings: Any) -> EpisodeRecord:
    """The model in seat 0, the random bot in every other."""
    seats = ("x", *["random"] * (game.players - 1))
    agents = {"x": llm(model.ask, **settings), "random": bot("random")}
    return play_one(setup(game, seats, deal=deal), agents)


def own(episode: EpisodeRecord) -> list[Any]:
    return [decision for decision in episode.decisions if decision.agent == "x"]


# Who made the move


def test_a_move_is_the_models_own_if_its_reply_said_so(tic_tac_toe: Game) -> None:
    model = Model(lambda request, attempt: answer(shown_labels(request)[-1]))
    episode = against_random(tic_tac_toe, model)
    for decision, request in zip(own(episode), model.requests, strict=True):
        assert decision.status is DecisionStatus.OK
        assert decision.attempts == 1
        assert decision.label == shown_labels(request)[-1]
        assert decision.reasoning == "because"
    assert [call.failure for call in episode.calls] == [None] * len(model.asked)
    assert episode.seats[0].fallbacks == 0


def test_a_second_thought_is_the_models_own_and_says_so(tic_tac_toe: Game) -> None:
    model = Model(unsure)
    episode = against_random(tic_tac_toe, model)
    for decision in own(episode):
        assert (decision.status, decision.attempts) == (DecisionStatus.RETHOUGHT, 2)
        assert decision.reasoning == "because"
    failures = [call.failure for call in episode.calls]
    assert failures == [Failure.UNPARSABLE, None] * len(own(episode))
    assert [call.attempt for call in episode.calls] == [0, 1] * len(own(episode))


@pytest.mark.parametrize("rethink", [0, 1, 3])
def test_a_fallback_is_a_seeded_random_move_and_not_the_models(
    tic_tac_toe: Game, rethink: int
) -> None:
    episode = against_random(tic_tac_toe, Model(never), rethink=rethink)
    for decision in own(episode):
        assert decision.status is DecisionStatus.FALLBACK
        assert decision.attempts == 1 + rethink
        assert decision.label in json.loads(decision.legal)
        # The model's thoughts did not lead to this move.
        assert decision.reasoning is None
    again = against_random(tic_tac_toe, Model(never), rethink=0)
    assert again.trajectory == episode.trajectory
    deals = {against_random(tic_tac_toe, Model(never), deal=d).trajectory for d in range(5)}
    assert len(deals) == 5
    assert episode.seats[0].fallbacks == len(own(episode))
    assert [seat.strict_score for seat in episode.seats] == [0.0, 1.0]


def test_a_fallback_is_uniform_over_the_legal_moves(matrix_rps: Game) -> None:
    counts = {"Rock": 0, "Paper": 0, "Scissors": 0}
    deals = 300
    for deal in range(deals):
        counts[own(against_random(matrix_rps, Model(never), deal, rethink=0))[0].label] += 1
    # Four standard errors of a share of 1/3.
    assert all(abs(n - deals / 3) < 4 * (deals * 2 / 9) ** 0.5 for n in counts.values())


def test_a_forfeit_ends_the_episode_without_a_move(tic_tac_toe: Game) -> None:
    model = Model(never)
    episode = against_random(tic_tac_toe, model, fallback="forfeit", rethink=2)
    assert episode.status is EpisodeStatus.FORFEITED
    [decision] = own(episode)
    assert decision.status is DecisionStatus.FORFEIT
    assert (decision.action, decision.label) == (None, None)
    assert len(model.asked) == len(episode.calls) == 3


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (Completion(text=answer("a1"), finish_reason=FinishReason.LENGTH), Failure.TRUNCATED),
        (CONTEXT_FULL, Failure.CONTEXT_OVERFLOW),
        (Completion(text="", finish_reason=FinishReason.CONTENT_FILTER), Failure.REFUSED),
        ("", Failure.EMPTY),
        ("Hm.", Failure.UNPARSABLE),
        (answer("z9"), Failure.ILLEGAL),
    ],
)
def test_a_rethink_names_the_failure(
    tic_tac_toe: Game, said: str | Completion, failure: Failure
) -> None:
    texts = {
        Failure.TRUNCATED: "was cut off",
        Failure.CONTEXT_OVERFLOW: "was cut off",
        Failure.EMPTY: "was empty",
        Failure.REFUSED: "No move could be read",
        Failure.UNPARSABLE: "No move could be read",
        Failure.ILLEGAL: "did not name one of your legal moves",
    }
    model = Model(lambda request, attempt: first_label(request, 1) if attempt else said)
    episode = against_random(tic_tac_toe, model)
    first, second = model.requests[:2]
    assert second.messages[: len(first.messages)] == first.messages
    reply, rethink = second.messages[len(first.messages) :]
    text = said if isinstance(said, str) else said.text
    # Providers refuse an empty message.
    assert reply == Message("assistant", text or "(empty reply)")
    assert rethink.role == "user"
    named = {text for text in texts.values() if text in rethink.content}
    assert named == {texts[failure]}
    assert shown_labels(second) == shown_labels(first)
    assert episode.calls[0].failure is failure
    assert episode.calls[0].reply == text


def test_transport_trouble_is_not_the_models_fault(tic_tac_toe: Game) -> None:
    async def gone(place: Place, ply: int, attempt: int, request: Request) -> RecordedCompletion:
        raise BackendError("hf_x: gone")

    episode = play_one(setup(tic_tac_toe, ("x", "x")), {"x": llm(gone)})
    assert (episode.status, episode.error) == (EpisodeStatus.ERROR, "hf_x: gone")
    assert not episode.decisions


def test_every_reply_is_filed_before_it_is_parsed(
    tmp_path: Path, tic_tac_toe: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model(first_label)

    def crash(*_: object) -> None:
        raise RuntimeError("the parser has a bug")

    async def buy(request: Request) -> Completion:
        return (await model.ask(PLACE, 0, 0, request)).completion

    with Journal(tmp_path / "c.jsonl") as journal:

        async def ask(place: Place, ply: int, attempt: int, request: Request) -> RecordedCompletion:
            return await journal.ask(place, ply, attempt, request, buy)

        one = setup(tic_tac_toe, ("x", "x"), max_plies=1)
        with monkeypatch.context() as patch, pytest.raises(RuntimeError):
            patch.setattr("gamegrid.prompts.parser.parse", crash)
            play_one(one, {"x": llm(ask)})
        episode = play_one(one, {"x": llm(ask)})
    assert len(model.asked) == 1
    assert [call.replayed for call in episode.calls] == [True]


PLACE = Place(seed=1, game="g", deal=0, matchup="m", seating=0, seat=0)


# What is recorded


def test_a_call_holds_what_the_provider_said_and_unknown_stays_unknown(tic_tac_toe: Game) -> None:
    counts = Usage(prompt_tokens=5, completion_tokens=None, reasoning_tokens=2, cached_tokens=0)

    def reply(request: Request, attempt: int) -> Completion:
        return Completion(
            text=first_label(request, 1) if attempt else "Hm.",
            finish_reason=FinishReason.STOP,
            model_served="x-2024",
            usage=counts,
            latency_s=0.5,
            transport_attempts=3,
        )

    model = Model(reply)
    episode = against_random(tic_tac_toe, model)
    call, decision = episode.calls[0], own(episode)[0]
    assert (call.backend, call.model, call.model_served) == ("hf", "hf_x", "x-2024")
    assert (call.prompt_tokens, call.completion_tokens) == (5, None)
    assert (call.reasoning_tokens, call.cached_tokens) == (2, 0)
    assert (call.latency_s, call.transport_attempts, call.replayed) == (0.5, 3, False)
    sent = [Message(**message) for message in json.loads(call.messages)]
    assert tuple(sent) == model.requests[0].messages
    assert (decision.prompt_tokens, decision.completion_tokens) == (10, None)
    assert decision.latency_s == 1.0


def test_reasoning_is_what_came_apart_then_what_was_in_the_reply(tic_tac_toe: Game) -> None:
    def reply(request: Request, attempt: int) -> Completion:
        text = f"<think>inner</think>{first_label(request, attempt)}"
        return Completion(text=text, finish_reason=FinishReason.STOP, reasoning="apart")

    episode = against_random(tic_tac_toe, Model(reply))
    assert {d.reasoning for d in own(episode)} == {"apart\n\ninner\n\nbecause"}


# What is sent


def test_without_memory_every_turn_stands_alone(tic_tac_toe: Game) -> None:
    model = Model(first_label)
    episode = against_random(tic_tac_toe, model)
    assert len(model.requests) >= 3
    prefix = templates.load("default", (PROMPTS,))
    for request, decision in zip(model.requests, own(episode), strict=True):
        [message] = request.messages
        assert message.role == "user"
        assert decision.observation in message.content
    texts = [request.messages[0].content for request in model.requests]
    rules = tic_tac_toe.rules()
    starts = {text[: text.index("You are x.")] for text in texts}
    assert len(starts) == 1 and rules in starts.pop()
    # The whole public history is in the last prompt.
    assert texts[-1].count("You: ") == len(texts) - 1
    assert prefix.name == "default"


@pytest.mark.parametrize("reply", [first_label, unsure, never])
@pytest.mark.parametrize("system", [None, "You are good at games."])
def test_a_chat_is_one_conversation_with_a_stable_beginning(
    tic_tac_toe: Game, reply: Reply, system: str | None
) -> None:
    model = Model(reply)
    against_random(tic_tac_toe, model, memory="chat", system=system)
    assert len(model.requests) >= 3
    before: tuple[Message, ...] = ()
    for request in model.requests:
        assert request.messages[: len(before)] == before
        spoken = list(request.messages)
        if system:
            assert spoken.pop(0) == Message("system", system)
        roles = [message.role for message in spoken]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        whole = "\n".join(message.content for message in spoken)
        assert whole.count(tic_tac_toe.rules()) == 1
        before = request.messages
    assert len(model.requests[-1].messages) > len(model.requests[0].messages) + 2


def test_two_episodes_share_no_conversation(tic_tac_toe: Game) -> None:
    model = Model(first_label)
    agent = llm(model.ask, memory="chat")
    one = setup(tic_tac_toe, ("x", "x"), max_plies=2)
    play([one, replace(one, deal=1)], {"x": agent})
    assert [len(request.messages) for request in model.requests] == [1, 1, 1, 1]


def test_the_system_text_comes_first_and_only_if_there_is_one(tic_tac_toe: Game) -> None:
    model = Model(unsure)
    against_random(tic_tac_toe, model, system="Play to win.")
    for request in model.requests:
        systems = [message for message in request.messages if message.role == "system"]
        assert systems == [request.messages[0]] == [Message("system", "Play to win.")]
    silent = Model(unsure)
    against_random(tic_tac_toe, silent)
    assert {m.role for request in silent.requests for m in request.messages} == {
        "user",
        "assistant",
    }


def test_a_sampling_key_left_out_is_not_sent(tic_tac_toe: Game) -> None:
    model = Model(first_label)
    against_random(tic_tac_toe, model)
    sampling = replace(model.requests[0].sampling, seed=None)
    assert sampling == type(sampling)()
    given = {
        "temperature": 0.0,
        "top_p": 0.5,
        "max_tokens": 9,
        "reasoning_effort": "low",
        "thinking_budget": 0,
        "extra_body": {"k": [1]},
        "chat_template_kwargs": {"enable_thinking": False},
    }
    against_random(tic_tac_toe, model, **given)
    sampling = model.requests[-1].sampling
    assert {name: getattr(sampling, name) for name in given} == given


def test_request_seeds_are_unique_and_independent_of_the_order_of_asking(
    kuhn_poker: Game,
) -> None:
    def seeds(order: int) -> dict[tuple[Any, ...], int | None]:
        model = Model(never)
        agents = {"x": llm(model.ask, "x"), "y": llm(model.ask, "y")}
        setups = [
            setup(kuhn_poker, seats, deal=deal, seating=seating)
            for deal, (seating, seats) in product(range(20), enumerate((("x", "y"), ("y", "x"))))
        ]
        play(setups[::order], agents)
        return {
            (place.deal, place.seating, place.seat, ply, attempt): request.sampling.seed
            for place, ply, attempt, request in model.asked
        }

    found = seeds(1)
    assert len(found) > 150
    assert len(set(found.values())) == len(found)
    assert all(seed is not None and 0 <= seed < 2**31 for seed in found.values())
    assert found == seeds(-1)


def test_request_seeds_of_two_agents_in_one_place_differ() -> None:
    assert PLACE.request_seed(0, 0, "x") != PLACE.request_seed(0, 0, "y")


@pytest.mark.parametrize("name", ["tic_tac_toe", "kuhn_poker"])
def test_shuffled_labels_are_the_same_moves_in_another_order(name: str) -> None:
    game, orders = games.load(name), set()
    for deal in range(20):
        model = Model(lambda request, attempt: answer(shown_labels(request)[-1]))
        episode = against_random(game, model, deal, shuffle_labels=True)
        for decision, request in zip(own(episode), model.requests, strict=True):
            legal, shown = json.loads(decision.legal), shown_labels(request)
            assert sorted(shown) == sorted(legal)
            assert decision.label == shown[-1]
            state = state_before(game, episode, decision.ply)
            assert decision.action == state.legal_actions()[legal.index(decision.label)]
            assert legal == [game.label(state, 0, action) for action in state.legal_actions()]
        orders.add(tuple(shown_labels(model.requests[0])))
    assert len(orders) > 1


def state_before(game: Game, episode: EpisodeRecord, ply: int) -> Any:
    """The state in which the decision ``ply`` was made (no opening)."""
    steps = json.loads(episode.trajectory)
    moves = [n for n in range(len(steps)) if not game.replay(steps[:n]).is_chance_node()]
    return game.replay(steps[: moves[ply]])


def test_a_shuffle_is_the_same_again_and_for_every_opponent(tic_tac_toe: Game) -> None:
    shown = []
    for _ in range(2):
        model = Model(first_label)
        against_random(tic_tac_toe, model, shuffle_labels=True)
        shown.append([shown_labels(request) for request in model.requests])
    assert shown[0] == shown[1]


# Constrained and scored


def held(say: Callable[[tuple[str, ...]], str]) -> Reply:
    """Return a reply built from the request's choices."""

    def reply(request: Request, attempt: int) -> str:
        assert request.choices is not None
        return say(request.choices)

    return reply


@pytest.mark.parametrize("form", ["{}", " {}\n", "Action: {}", '{{"action": "{}"}}'])
def test_a_constrained_model_is_sent_the_legal_labels_and_read_in_any_form(
    tic_tac_toe: Game, form: str
) -> None:
    model = Model(held(lambda choices: form.format(choices[-1])))
    episode = against_random(tic_tac_toe, model, decode="constrained", shuffle_labels=True)
    for decision, request in zip(own(episode), model.requests, strict=True):
        assert request.decode is Decode.CONSTRAINED
        assert list(request.choices or ()) == json.loads(decision.legal)
        assert (decision.status, decision.label) == (DecisionStatus.OK, (request.choices or ())[-1])
        assert request.sampling.seed is not None
    assert {call.likelihoods for call in episode.calls} == {None}


def test_a_provider_that_does_not_hold_a_model_to_the_labels_is_found_out(
    tic_tac_toe: Game,
) -> None:
    cut = Completion(text="a1", finish_reason=FinishReason.LENGTH)
    for said, failure in (("Sure!", Failure.UNPARSABLE), (cut, Failure.TRUNCATED)):
        episode = against_random(
            tic_tac_toe, Model(lambda request, attempt, s=said: s), decode="constrained", rethink=0
        )
        assert {call.failure for call in episode.calls} == {failure}
        assert {d.status for d in own(episode)} == {DecisionStatus.FALLBACK}


HELD = {"response_format": {"type": "json_schema"}}


@pytest.mark.parametrize(
    "said",
    [
        '{{"action": "{}"}}' + "\n" * 60,
        ' {{\n "action": "{}"\n}}\t \r\n',
        '{{"action": "{}"}}<|im_end|>\n',
        "Action: {}   \n",
        "{}\n\n",
        '<think>x</think>\n{{"action": "{}"}}\n\n\n',
    ],
)
def test_a_complete_held_answer_counts_although_spaces_reached_the_limit(
    tic_tac_toe: Game, said: str
) -> None:
    """llama.cpp's server closes the JSON and goes on with spaces up to max_tokens."""

    def reply(request: Request, attempt: int) -> Completion:
        text = said.format((request.choices or ())[-1])
        return Completion(text=text, finish_reason=FinishReason.LENGTH, sent=HELD)

    model = Model(reply)
    for decision in own(against_random(tic_tac_toe, model, decode="constrained", rethink=0)):
        assert decision.status is DecisionStatus.OK


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ('{{"action": "{}', HELD),
        ('{{"action": "{}"', HELD),
        ('{{"action": "{}"}} because it', HELD),
        ('{{"action": "{}"}}\n\n{{"ac', HELD),
        ('{{"action": "z9"}}\n', HELD),
        ('Sure: {{"action": "{}"}}', HELD),
        ('{{"action": "{}"}}\n\n', {"max_tokens": 9}),
        ('{{"action": "{}"}}\n\n', None),
    ],
)
def test_what_was_cut_off_or_not_held_stays_truncated(
    tic_tac_toe: Game, said: str, sent: dict[str, Any] | None
) -> None:
    def reply(request: Request, attempt: int) -> Completion:
        text = said.format((request.choices or ())[-1])
        return Completion(text=text, finish_reason=FinishReason.LENGTH, sent=sent)

    episode = against_random(tic_tac_toe, Model(reply), decode="constrained", rethink=0)
    assert {call.failure for call in episode.calls} == {Failure.TRUNCATED}


def scores(request: Request, attempt: int) -> Completion:
    """Give the labels weights 1, 2, 4, … in the game's order."""
    assert request.choices is not None
    values = {label: n * math.log(2) - 50 for n, label in enumerate(request.choices)}
    return Completion(text="Action: z", finish_reason=FinishReason.STOP, likelihoods=values)


@pytest.mark.parametrize("temperature", [None, 0.0])
def test_a_scored_decision_is_the_likeliest_label(
    tic_tac_toe: Game, temperature: float | None
) -> None:
    model = Model(scores)
    episode = against_random(tic_tac_toe, model, decode="score", temperature=temperature)
    for decision, call in zip(own(episode), episode.calls, strict=True):
        legal = json.loads(decision.legal)
        assert (decision.status, decision.label) == (DecisionStatus.OK, legal[-1])
        assert (call.reply, call.failure) == (legal[-1], None)
        assert list(json.loads(call.likelihoods or "")) == legal
    for request in model.requests:
        assert request.decode is Decode.SCORE
        # The same question at every temperature: nothing is sampled by the engine.
        assert request.sampling == Sampling()


def test_of_equal_likelihoods_the_first_label_is_taken(matrix_rps: Game) -> None:
    def level(request: Request, attempt: int) -> Completion:
        flat = dict.fromkeys(request.choices or (), -1.0)
        return Completion(text="", finish_reason=FinishReason.STOP, likelihoods=flat)

    assert own(against_random(matrix_rps, Model(level), decode="score"))[0].label == "Rock"


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_a_warm_scored_decision_is_drawn_from_the_likelihoods(
    matrix_rps: Game, temperature: float
) -> None:
    deals = 400
    found = [
        own(
            against_random(matrix_rps, Model(scores), deal, decode="score", temperature=temperature)
        )
        for deal in range(deals)
    ]
    seen = Counter(decision.label for [decision] in found)
    weights = [2 ** (n / temperature) for n in range(3)]
    for label, weight in zip(("Rock", "Paper", "Scissors"), weights, strict=True):
        share = weight / sum(weights)
        # Four standard errors of a share.
        assert abs(seen[label] / deals - share) < 4 * math.sqrt(share * (1 - share) / deals)
    again = own(
        against_random(matrix_rps, Model(scores), 5, decode="score", temperature=temperature)
    )
    assert again[0].label == found[5][0].label


def test_a_scored_conversation_tells_what_was_played(tic_tac_toe: Game) -> None:
    model = Model(scores)
    episode = against_random(tic_tac_toe, model, decode="score", memory="chat", rethink=0)
    said = [m.content for m in model.requests[-1].messages if m.role == "assistant"]
    assert said == [f"Action: {decision.label}" for decision in own(episode)[:-1]]


def test_choices_that_do_not_fit_the_context_say_so(tic_tac_toe: Game) -> None:
    for decode in ("constrained", "score"):
        model = Model(lambda request, attempt: CONTEXT_FULL)
        episode = against_random(tic_tac_toe, model, decode=decode, rethink=0)
        assert {call.failure for call in episode.calls} == {Failure.CONTEXT_OVERFLOW}
        assert {call.likelihoods for call in episode.calls} == {None}


def test_ways_of_deciding_do_not_change_what_an_agent_was_before_there_were_any() -> None:
    kind = kinds()["llm"]
    given = {"type": "llm", "model": "hf_x"}
    plain = kind.settings(**given).model_dump()
    assert not {"decode", "deterministic"} & set(plain)
    assert kind.settings(**given, decode="generate", deterministic=False).model_dump() == plain
    for key, value in (("decode", "score"), ("deterministic", True)):
        assert kind.settings(**given, **{key: value}).model_dump() == plain | {key: value}


def test_simultaneous_models_are_told_nothing_of_each_other(matrix_rps: Game) -> None:
    model = Model(lambda request, attempt: answer("Rock"))
    agents = {"x": llm(model.ask, "x"), "y": llm(model.ask, "y")}
    episode = play_one(setup(matrix_rps, ("x", "y")), agents)
    assert json.loads(episode.trajectory) == [[0, 0]]
    assert all("Moves so far: none." in r.messages[-1].content for r in model.requests)
    assert len({(c.ply, c.seat) for c in episode.calls}) == 2


def test_the_reply_of_one_seat_is_filed_when_the_other_fails(
    tmp_path: Path, matrix_rps: Game
) -> None:
    sold = []

    async def slow(request: Request) -> Completion:
        sold.append(request)
        return Completion(text=answer("Paper"), finish_reason=FinishReason.STOP)

    async def gone(request: Request) -> Completion:
        raise BackendError("hf_x: gone")

    with Journal(tmp_path / "c.jsonl") as journal:

        def through(buy: Callable[[Request], Any]) -> Ask:
            async def ask(
                place: Place, ply: int, attempt: int, request: Request
            ) -> RecordedCompletion:
                return await journal.ask(place, ply, attempt, request, buy)

            return ask

        one = setup(matrix_rps, ("x", "y"))
        agents = {"x": llm(through(gone), "x"), "y": llm(through(slow), "y")}
        assert play_one(one, agents).status is EpisodeStatus.ERROR
        agents["x"] = llm(through(slow), "x")
        episode = play_one(one, agents)
    # The second time, only the seat that failed is asked.
    assert episode.status is EpisodeStatus.COMPLETE
    assert len(sold) == 2
    assert [call.replayed for call in episode.calls] == [False, True]
