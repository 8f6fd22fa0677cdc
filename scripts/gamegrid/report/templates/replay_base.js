// What the files of the replays share: elements, the texts of a bundle, and verdicts on decisions.
"use strict";
window.gamegrid ??= {};
(() => {
  // An element. Children that are strings become text nodes, so no text can be markup.
  function make(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  function described(element, words) {
    element.setAttribute("aria-label", words);
    return element;
  }

  function button(words, content, act) {
    const element = make("button", { type: "button", title: words }, content);
    element.addEventListener("click", act);
    return described(element, words);
  }

  const text = (bundle, rope) => rope.map((piece) => bundle.texts[piece]).join("");

  // Every call of an episode in order, with the whole list of messages it sent.
  function calls(episode) {
    const latest = {};
    return episode.frames.flatMap((frame, ply) => frame.choices.flatMap((choice) =>
      choice.replies.map((reply, attempt) => {
        const [kept, rest] = reply.sent;
        const sent = [...(latest[choice.seat] ?? []).slice(0, kept), ...rest];
        latest[choice.seat] = sent;
        return { ply, choice, reply, attempt, sent, kept };
      })));
  }

  function number(value) {
    return String(Math.round(value * 1000) / 1000).replace("-", "\u2212");
  }

  // The range of a game's returns, for judging how much a regret is.
  const range = (episode) => (episode.graph ? episode.graph.high - episode.graph.low : 0);

  const EQUAL = 1e-9;

  function best(choice) {
    return choice.values ? Math.max(...choice.values) : null;
  }

  // Whether a legal move is best, where not all are equally good.
  function isBest(choice, at) {
    const top = best(choice);
    return top !== null && top - Math.min(...choice.values) > EQUAL && top - choice.values[at] < EQUAL;
  }

  const VERDICTS = {
    best: ["★", "best move"],
    mistake: ["?", "mistake"],
    blunder: ["??", "blunder: it lost more than half of what the game can give"],
    rethought: ["↻", "after feedback on an unusable reply"],
    fallback: ["⚄", "a random move in place of the agent's"],
    forfeit: ["⚑", "forfeited: no usable reply"],
  };

  // The verdicts on a decision, by name.
  function verdicts(episode, choice) {
    const found = [];
    if (choice.status !== "ok") found.push(choice.status);
    if (choice.regret > 0) {
      found.push(choice.regret > range(episode) / 2 ? "blunder" : "mistake");
    } else if (choice.optimal && isBest(choice, choice.labels.indexOf(choice.label))) {
      found.push("best");
    }
    return found;
  }

  function isMistake(choice) {
    return choice.regret > 0 || choice.status === "fallback" || choice.status === "forfeit";
  }

  // A mark that is seen and the same in words, for readers who do not see it.
  function mark(name) {
    const [sign, words] = VERDICTS[name];
    return make("span", { className: `replay-mark ${name}`, title: words },
      make("span", { ariaHidden: "true" }, sign), make("span", { className: "hidden" }, ` (${words})`));
  }

  function swatch(seat) {
    return make("span", { className: `replay-seat seat-${seat % 4}`, ariaHidden: "true" });
  }

  Object.assign(gamegrid, { make, described, button, text });
  gamegrid.decisions = { calls, number, best, isBest, verdicts, isMistake, mark, swatch, VERDICTS, EQUAL };
})();
