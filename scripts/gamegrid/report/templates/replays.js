// The page's replays: find an episode of the sample and open it. Nothing is built until the reader
// comes near, or follows a link to a ply.
"use strict";
(() => {
  const holder = document.getElementById("replay-data");
  if (!holder) return;
  const { make, text, decisions } = gamegrid;
  const form = document.getElementById("replay-choice");
  const stage = document.getElementById("replay");
  const found = document.getElementById("replay-found");
  const SHOWN = 12; // episodes listed at once
  let data = null;
  let viewer = null;
  let opened = null;
  let fields = null;
  let limit = SHOWN;

  function begin() {
    if (data) return;
    data = JSON.parse(holder.textContent);
    if (data.episodes.length > 1) {
      fields = search();
      list();
    }
    if (!follow()) open(data.episodes[0], 0);
  }

  // Searching

  const ANY = "any";
  const OUTCOMES = {
    win: (seats) => seats.some((seat) => seat.outcome === "win"),
    loss: (seats) => seats.some((seat) => seat.outcome === "loss"),
    draw: (seats) => seats.some((seat) => seat.outcome === "draw"),
    forfeited: (_, episode) => episode.status === "forfeited",
    "cut off": (_, episode) => episode.status === "truncated",
  };
  const EVENTS = {
    mistake: (choices) => choices.some((one) => one.regret > 0),
    "no mistake": (choices) => choices.some((one) => "regret" in one) && !choices.some((one) => one.regret > 0),
    "move not the agent's own": (choices) => choices.some((one) => one.status === "fallback" || one.status === "forfeit"),
    "failed reply": (choices) => replies(choices).some((one) => "failure" in one),
    "long reply": (choices) => replies(choices).some((one) => gamegrid.replies.size(data, one) >= gamegrid.replies.LONG),
    upset: (_, episode) => episode.notes.includes("upset"),
  };
  const replies = (choices) => choices.flatMap((one) => one.replies);

  function search() {
    const failures = new Set(data.episodes.flatMap((each) => each.frames.flatMap((frame) =>
      replies(frame.choices).flatMap((one) => one.failure ?? []))));
    for (const name of failures) {
      EVENTS[`${name} reply`] = (choices) => replies(choices).some((one) => one.failure === name);
    }
    const all = (values) => [...new Set(values)].sort();
    const made = {
      text: make("input", { type: "search", autocomplete: "off" }),
      game: select(all(data.episodes.map((each) => each.game))),
      agent: select(all(data.episodes.flatMap((each) => each.seats.map((seat) => seat.agent)))),
      outcome: select(Object.keys(OUTCOMES)),
      event: select(Object.keys(EVENTS)),
    };
    const WORDS = { text: "text in replies and moves", event: "what happened" };
    for (const [name, field] of Object.entries(made)) {
      field.id = `replay-${name}`;
      form.append(make("label", {}, make("span", {}, WORDS[name] ?? name), field));
    }
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      limit = SHOWN;
      list();
    });
    return made;
  }

  function select(values) {
    return make("select", {}, ...[ANY, ...values].map((value) => make("option", { value }, value)));
  }

  function matches(episode) {
    const value = (name) => (fields[name].value === ANY ? null : fields[name].value);
    const agent = value("agent");
    const seats = episode.seats.map((seat, at) => ({ ...seat, at })).filter((seat) => !agent || seat.agent === agent);
    const own = new Set(seats.map((seat) => seat.at));
    const choices = () => episode.frames.flatMap((frame) => frame.choices.filter((one) => own.has(one.seat)));
    const words = fields.text.value.trim().toLowerCase();
    return seats.length > 0
      && (!value("game") || episode.game === value("game"))
      && (!value("outcome") || OUTCOMES[value("outcome")](seats, episode))
      && (!value("event") || EVENTS[value("event")](choices(), episode))
      && (!words || episode.episode_id.toLowerCase().includes(words) || choices().some((one) => said(one).includes(words)));
  }

  // The text of a decision, in small letters.
  const texts = new WeakMap();
  function said(choice) {
    if (!texts.has(choice)) {
      const parts = choice.replies.flatMap((one) => [text(data, one.text), text(data, one.reasoning ?? [])]);
      texts.set(choice, [choice.label ?? "", ...parts].join("\n").toLowerCase());
    }
    return texts.get(choice);
  }

  function list() {
    const those = data.episodes.filter(matches);
    const rest = those.length - limit;
    const more = rest > 0 ? [gamegrid.button("List more episodes", `${rest} more`, () => {
      limit += 4 * SHOWN;
      list();
    })] : [];
    const count = make("output", {}, those.length
      ? `${those.length} of ${data.episodes.length} episodes`
      : "No episode of the sample is like that. gamegrid replay shows any other.");
    found.replaceChildren(count, make("ol", {}, ...those.slice(0, limit).map(row)), ...more);
    current();
  }

  function row(episode) {
    const names = make("span", { className: "replay-names" });
    episode.seats.forEach((seat, at) => names.append(decisions.swatch(at), `${seat.agent} `));
    const element = make("button", { type: "button" }, make("strong", {}, episode.game), names,
      make("span", { className: "replay-notes" }, [episode.outcome, ...episode.notes].join(" · ")));
    element.addEventListener("click", () => {
      open(episode, 0);
      remember(episode, 0);
      stage.focus({ preventScroll: true });
      stage.scrollIntoView({ block: "nearest" });
    });
    element.dataset.episode = episode.episode_id;
    return make("li", {}, element);
  }

  // Opening, and addresses of the form #episode/ply

  function open(episode, ply) {
    viewer?.stop();
    if (episode !== opened) {
      viewer = gamegrid.replay.show(stage, data, {
        episode: data.episodes.indexOf(episode), ply, link: address, moved: remember,
      });
    } else {
      viewer.step(ply);
    }
    opened = episode;
    current();
  }

  // Mark the open episode in the list.
  function current() {
    for (const each of document.querySelectorAll("#replay-found [data-episode]")) {
      if (each.dataset.episode === opened?.episode_id) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
  }

  function address(episode, ply) {
    return `#${encodeURIComponent(episode.episode_id)}/${ply}`;
  }

  function remember(episode, ply) {
    history.replaceState(null, "", address(episode, ply));
  }

  const LINK = /^#(.+)\/(\d+)$/;

  function follow() {
    const [, id, ply] = location.hash.match(LINK) ?? [];
    const linked = data.episodes.find((each) => id === encodeURIComponent(each.episode_id) || id === each.episode_id);
    if (!linked) return false;
    open(linked, Number(ply));
    return true;
  }

  window.addEventListener("hashchange", () => {
    if (!LINK.test(location.hash)) return;
    begin();
    if (follow()) stage.scrollIntoView();
  });
  if (LINK.test(location.hash)) {
    begin();
    if (opened) stage.scrollIntoView();
  } else {
    const near = new IntersectionObserver((entries) => {
      if (!entries.some((each) => each.isIntersecting)) return;
      near.disconnect();
      begin();
    }, { rootMargin: "600px" });
    near.observe(document.getElementById("replays"));
  }
})();
