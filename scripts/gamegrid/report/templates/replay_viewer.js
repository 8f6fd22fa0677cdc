// The viewer of one episode: board, moves, graph, replies, keys and speeds.
"use strict";
(() => {
  const { decisions, make, described, button, text } = gamegrid;
  const SPEEDS = { slow: 2500, normal: 1000, fast: 400 }; // milliseconds per ply

  // Show an episode of a bundle in an element; return {step(ply), stop()}. Options: the number of
  // the episode, the ply to begin with, link(episode, ply) for the address of a ply (or null), and
  // moved(episode, ply), called when the reader goes to a ply.
  function show(element, bundle, { episode: at = 0, ply: first = 0, link = () => null, moved = () => {} } = {}) {
    const episode = bundle.episodes[at];
    const calls = decisions.calls(episode);
    const last = episode.frames.length - 1;
    let ply = 0;
    let timer = null;

    // Moving

    function turn(to) {
      ply = Math.max(0, Math.min(last, to));
      const frame = episode.frames[ply];
      parts.slider.value = ply;
      parts.where.textContent = `ply ${ply} of ${last}`;
      parts.back.disabled = parts.start.disabled = ply === 0;
      parts.next.disabled = parts.end.disabled = ply === last;
      if (parts.link) parts.link.href = link(episode, ply);
      drawBoard(parts.board, bundle, frame);
      list.show(ply);
      graph?.show(ply);
      if (parts.position) parts.position.value = frame.position.text;
      parts.said.replaceChildren(...(frame.choices.length
        ? frame.choices.map((choice) => gamegrid.replies.decision(bundle, episode, choice,
          calls.filter((call) => call.choice === choice)))
        : [make("p", { className: "replay-end" }, `The end: ${episode.outcome}.`)]));
    }

    function step(to) {
      stop();
      turn(to);
      moved(episode, ply);
    }

    function play() {
      if (timer !== null) return stop();
      if (ply === last) turn(0);
      parts.play.textContent = "Stop";
      timer = setInterval(() => {
        turn(ply + 1);
        if (ply === last) stop();
      }, SPEEDS[parts.speed.value]);
    }

    function stop() {
      if (timer !== null) moved(episode, ply);
      clearInterval(timer);
      timer = null;
      parts.play.textContent = "Play";
    }

    // The next ply with a mistake of a model, or of a bot, starting over at the end
    function jump(model) {
      const plies = mistakes(episode, model);
      if (plies.length) step(plies.find((each) => each > ply) ?? plies[0]);
    }

    // The elements that stay

    const list = gamegrid.moveList(episode, step);
    const graph = gamegrid.valueGraph(episode, step);
    const parts = {
      board: make("div", { className: "replay-board" }),
      said: make("div", { className: "replay-said" }),
      start: button("Go to the start", "«", () => step(0)),
      back: button("Previous ply", "‹", () => step(ply - 1)),
      next: button("Next ply", "›", () => step(ply + 1)),
      end: button("Go to the end", "»", () => step(last)),
      play: make("button", { type: "button" }, "Play"),
      speed: described(make("select", {}, ...Object.keys(SPEEDS).map((value) => make("option", { value }, value))), "Speed"),
      slider: described(make("input", { type: "range", min: 0, max: last }), "Ply"),
      where: make("output"),
    };
    parts.play.addEventListener("click", play);
    parts.speed.value = "normal";
    parts.speed.addEventListener("change", () => {
      if (timer === null) return;
      stop();
      play();
    });
    parts.slider.addEventListener("input", () => step(Number(parts.slider.value)));
    if (link(episode, 0) !== null) parts.link = make("a", {}, "link to this ply");
    const jumps = [[true, "model"], [false, "bot"]]
      .filter(([model]) => episode.seats.some((seat) => seat.model === model))
      .map(([model, words]) => {
        const jumper = button(`Go to the next mistake of a ${words}`, `Next ${words} mistake`, () => jump(model));
        jumper.disabled = mistakes(episode, model).length === 0;
        return jumper;
      });
    const steps = make("div", { className: "replay-steps" }, parts.start, parts.back, parts.next, parts.end,
      parts.play, parts.speed, ...jumps);
    const along = make("div", { className: "replay-along" }, parts.slider, parts.where, ...(parts.link ? [parts.link] : []));
    element.replaceChildren(
      make("h3", {}, `${episode.title}: ${episode.outcome}`),
      seats(episode),
      ...(episode.notes.length ? [make("p", { className: "replay-notes" }, episode.notes.join(" · "))] : []),
      make("div", { className: "replay-table" },
        make("div", { className: "replay-left" }, parts.board, steps, along),
        make("div", { className: "replay-right" }, list.element, ...(graph ? [graph.element] : []), ...notation(episode, parts))),
      parts.said,
      ...(calls.length ? [gamegrid.replies.allReplies(bundle, episode, calls, step)] : []),
      make("p", { className: "replay-notes" },
        "Keys: ← and → step, Home and End go to the start and the end, p plays or stops, m goes to a model's next mistake, b to a bot's."));

    // Assigned, not added: another episode in this element replaces it.
    element.onkeydown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, summary, pre")) return;
      const act = {
        ArrowLeft: () => step(ply - 1), ArrowRight: () => step(ply + 1), Home: () => step(0),
        End: () => step(last), p: play, m: () => jump(true), b: () => jump(false),
      }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    turn(first);
    return { step, stop };
  }

  function drawBoard(element, bundle, frame) {
    if (!("drawing" in frame)) return element.replaceChildren();
    gamegrid.board.draw(element, text(bundle, frame.drawing), { marks: frame.choices.flatMap(marks) });
  }

  // The marks of a decision on the board: the move, and the values of all legal moves
  function marks(choice) {
    const own = choice.status === "ok" || choice.status === "rethought";
    const chosen = choice.spots ? choice.spots[choice.labels.indexOf(choice.label)] : choice.spot;
    return [
      ...(chosen ? [{ spot: chosen, kind: own ? "own" : "fallback" }] : []),
      ...(choice.spots && choice.values ? choice.spots : []).flatMap((spot, at) => (spot ? [{
        spot, kind: "legal", value: choice.values[at], best: decisions.isBest(choice, at),
      }] : [])),
    ];
  }

  // Plies with a mistake of a model, or of a bot: regret, or a move that was not its own
  function mistakes(episode, model) {
    return episode.frames.flatMap((frame, ply) =>
      (frame.choices.some((each) => decisions.isMistake(each) && episode.seats[each.seat].model === model) ? [ply] : []));
  }

  function seats(episode) {
    return make("ul", { className: "replay-seats" }, ...episode.seats.map((seat, at) =>
      make("li", {}, decisions.swatch(at), `${seat.name}: `, make("strong", {}, seat.agent), result(seat))));
  }

  function result(seat) {
    if ("score" in seat) {
      const strict = "strict_score" in seat && seat.strict_score !== seat.score;
      return ` (score ${decisions.number(seat.score)}${strict ? `, strict ${decisions.number(seat.strict_score)}` : ""})`;
    }
    return "return" in seat ? ` (${seat.return > 0 ? "+" : ""}${decisions.number(seat.return)})` : "";
  }

  // The position and the whole game in standard notation, to copy into another program
  function notation(episode, parts) {
    if (!episode.record) return [];
    const field = (tag, name, value, rows) => {
      const element = described(make(tag, { readOnly: true, value, ...rows }), name);
      const copy = button(`Copy the ${name}`, "Copy", () => {
        element.select();
        navigator.clipboard?.writeText(element.value).catch(() => {});
      });
      return [element, make("div", { className: "replay-copy" }, make("span", {}, name), element, copy)];
    };
    const { name } = episode.frames[0].position;
    const [position, positionRow] = field("input", name, "", {});
    const [, recordRow] = field("textarea", episode.record.name, episode.record.text, { rows: 4 });
    parts.position = position;
    return [make("details", { className: "replay-notation" },
      make("summary", {}, `Open in another program: ${name} and ${episode.record.name}`),
      positionRow, recordRow,
      make("p", { className: "replay-notes" }, "For lichess, paste the text at lichess.org/analysis or lichess.org/paste."))];
  }

  gamegrid.replay = { show };
})();
