// Replays: choose an episode, step through it and read the replies. Texts of games and models enter
// the page as text nodes. Drawings are gamegrid's own SVG, parsed as XML.
"use strict";
(() => {
  const holder = document.getElementById("replay-data");
  if (!holder) return;
  const data = JSON.parse(holder.textContent);
  const choice = document.getElementById("replay-choice");
  const stage = document.getElementById("replay");
  const WORDS = {
    rethought: "after feedback on an unusable reply",
    fallback: "a random move in place of the agent's",
    forfeit: "forfeited: no usable reply",
  };
  const PACE = 1000; // milliseconds per ply

  let episode = null;
  let ply = 0;
  let mistake = -1; // index of the last mistake jumped to
  let timer = null;

  function make(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  // Choosing an episode

  const FILTERS = ["game", "matchup", "outcome"];
  const selects = {};
  for (const name of [...FILTERS, "episode"]) {
    selects[name] = make("select", { id: `replay-${name}` });
    choice.append(make("label", {}, name, selects[name]));
  }

  function fill(select, values, first) {
    const before = select.value;
    const options = values.map((value) => make("option", { value, textContent: value }));
    if (first) options.unshift(make("option", { value: "", textContent: first }));
    select.replaceChildren(...options);
    select.value = values.includes(before) ? before : (first ? "" : values[0]);
  }

  function refill() {
    let left = data.episodes;
    for (const name of FILTERS) {
      fill(selects[name], [...new Set(left.map((each) => each[name]))].sort(), "all");
      const wanted = selects[name].value;
      if (wanted) left = left.filter((each) => each[name] === wanted);
    }
    fill(selects.episode, left.map((each) => each.episode_id));
  }

  choice.addEventListener("change", () => {
    refill();
    open(selects.episode.value, 0);
    remember();
  });
  choice.addEventListener("submit", (event) => event.preventDefault());

  function open(id, at) {
    const wanted = data.episodes.find((each) => each.episode_id === id);
    if (!wanted) return false;
    if (wanted !== episode) {
      episode = wanted;
      mistake = -1;
      frame();
    }
    stop();
    show(at);
    return true;
  }

  // The elements that stay while an episode is shown

  const parts = {};

  function button(name, words, act) {
    parts[name] = make("button", { type: "button", title: words, textContent: name });
    parts[name].setAttribute("aria-label", words);
    parts[name].addEventListener("click", act);
    return parts[name];
  }

  function frame() {
    const seats = episode.seats.map((seat) => `${seat.name}: ${seat.agent}${result(seat)}`);
    parts.board = make("div", { className: "replay-board" });
    parts.said = make("div", { className: "replay-said" });
    parts.said.setAttribute("aria-live", "polite");
    parts.slider = make("input", { type: "range", min: 0, max: episode.frames.length - 1 });
    parts.slider.setAttribute("aria-label", "Ply");
    parts.slider.addEventListener("input", () => step(Number(parts.slider.value)));
    parts.where = make("output");
    parts.link = make("a", { textContent: "link to this ply" });
    const steps = make("div", { className: "replay-steps" },
      button("«", "Go to the start", () => step(0)),
      button("‹", "Previous ply", () => step(ply - 1)),
      button("›", "Next ply", () => step(ply + 1)),
      button("»", "Go to the end", () => step(last())),
      button("Play", "Play or stop", play),
      button("Next mistake", "Jump to the next mistake, worst first", jump),
      parts.slider, parts.where, parts.link);
    parts["Next mistake"].disabled = mistakes().length === 0;
    stage.replaceChildren(
      make("h3", { textContent: `${episode.title}: ${episode.outcome}` }),
      make("p", { textContent: seats.join(" · ") }),
      make("p", { className: "replay-notes", textContent: episode.notes.join(" · ") }),
      steps,
      make("div", { className: "replay-table" }, parts.board, parts.said),
      make("p", { className: "replay-notes", textContent:
        "Keys: ← and → step, Home and End go to the start and the end, p plays or stops, m jumps to the next mistake." }));
  }

  function result(seat) {
    if ("score" in seat) {
      const strict = "strict_score" in seat && seat.strict_score !== seat.score;
      return ` (score ${seat.score}${strict ? `, strict ${seat.strict_score}` : ""})`;
    }
    return "return" in seat ? ` (${seat.return > 0 ? "+" : ""}${seat.return})` : "";
  }

  const last = () => episode.frames.length - 1;

  // Plies with a mistake (regret, or a move that was not the agent's own), largest regret first
  function mistakes() {
    const worth = (each) => each.choices.reduce((most, one) =>
      Math.max(most, one.regret ?? (one.status === "fallback" || one.status === "forfeit" ? 1e-9 : 0)), 0);
    return episode.frames
      .map((each, at) => ({ at, worst: worth(each) }))
      .filter((each) => each.worst > 0)
      .sort((a, b) => b.worst - a.worst || a.at - b.at)
      .map((each) => each.at);
  }

  // Moving

  function step(at) {
    stop();
    show(at);
    remember();
  }

  function jump() {
    const plies = mistakes();
    if (!plies.length) return;
    mistake = (mistake + 1) % plies.length;
    step(plies[mistake]);
  }

  function play() {
    if (timer !== null) return stop();
    if (ply === last()) show(0);
    parts.Play.textContent = "Stop";
    timer = setInterval(() => {
      show(ply + 1);
      if (ply === last()) stop();
    }, PACE);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    if (parts.Play) parts.Play.textContent = "Play";
  }

  function show(at) {
    ply = Math.max(0, Math.min(last(), at));
    const now = episode.frames[ply];
    parts.slider.value = ply;
    parts.where.textContent = `ply ${ply} of ${last()}`;
    parts.link.href = address();
    parts["«"].disabled = parts["‹"].disabled = ply === 0;
    parts["›"].disabled = parts["»"].disabled = ply === last();
    parts.board.replaceChildren(...drawn(now));
    parts.said.replaceChildren(...(now.choices.length ? now.choices.flatMap(told) : [ending()]));
  }

  function drawn(now) {
    if (!("drawing" in now)) return [];
    const parsed = new DOMParser().parseFromString(data.drawings[now.drawing], "image/svg+xml");
    return [document.importNode(parsed.documentElement, true)];
  }

  function ending() {
    return make("p", { className: "replay-end", textContent: `The end: ${episode.outcome}.` });
  }

  // One decision in words

  function told(one) {
    const seat = episode.seats[one.seat];
    const how = one.status in WORDS ? ` (${WORDS[one.status]})` : "";
    const shown = [make("p", { className: one.status in WORDS ? "replay-wrong" : "" },
      `${seat.name} (${seat.agent}): `, make("strong", { textContent: one.label ?? "no move" }), how)];
    if ("regret" in one) {
      const cost = one.regret > 0 ? `Regret ${short(one.regret)}.` : "No regret.";
      shown.push(make("p", { className: one.regret > 0 ? "replay-wrong" : "", textContent: cost }));
    }
    if ("observation" in one) shown.push(make("pre", { textContent: one.observation }));
    shown.push(moves(one), ...one.replies.map(reply));
    return shown;
  }

  function moves(one) {
    const values = one.moves.map(([, value]) => value).filter((value) => value !== null);
    const best = Math.max(...values);
    const listed = one.moves.map(([label, value]) => {
      const item = make("li", {}, label);
      if (label === one.label) item.classList.add("chosen");
      if (value !== null) {
        item.append(make("span", { className: "value", textContent: ` ${short(value)}` }));
        if (best - value < 1e-9) item.classList.add("best");
      }
      return item;
    });
    const list = make("ul", { className: "replay-moves" }, ...listed);
    list.setAttribute("aria-label", values.length ? "Legal moves and their values" : "Legal moves");
    return list;
  }

  function reply(one, attempt) {
    const tokens = "tokens" in one ? `, ${one.tokens} tokens` : "";
    const wrong = "failure" in one ? `: ${one.failure}` : "";
    const shown = make("details", { open: true }, make("summary",
      { className: wrong ? "replay-wrong" : "", textContent: `Reply ${attempt + 1}${wrong}${tokens}` }));
    if (one.reasoning) {
      shown.append(make("p", { textContent: "Reasoning" }));
      shown.append(make("pre", { className: "replay-reasoning", textContent: one.reasoning, dir: "auto" }));
    }
    shown.append(make("pre", { className: "replay-reply", textContent: one.text, dir: "auto" }));
    if (one.left_out) {
      shown.append(make("p", { className: "replay-notes", textContent:
        `${one.left_out} characters omitted. Run gamegrid replay to see them.` }));
    }
    return shown;
  }

  function short(value) {
    return String(Math.round(value * 1000) / 1000);
  }

  // Keys, and addresses of the form #episode/ply

  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === parts.slider) return;
    const act = {
      ArrowLeft: () => step(ply - 1), ArrowRight: () => step(ply + 1),
      Home: () => step(0), End: () => step(last()), p: play, m: jump,
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  function address() {
    return `#${encodeURIComponent(episode.episode_id)}/${ply}`;
  }

  function remember() {
    history.replaceState(null, "", address());
  }

  function follow() {
    const [, id, at] = location.hash.match(/^#(.+)\/(\d+)$/) ?? [];
    const linked = data.episodes.find((each) =>
      id === encodeURIComponent(each.episode_id) || id === each.episode_id);
    if (!linked) return false;
    for (const name of FILTERS) selects[name].value = "";
    refill();
    selects.episode.value = linked.episode_id;
    return open(linked.episode_id, Number(at));
  }

  window.addEventListener("hashchange", () => {
    if (follow()) stage.scrollIntoView();
  });
  refill();
  if (follow()) stage.scrollIntoView();
  else open(data.episodes[0].episode_id, 0);
})();
