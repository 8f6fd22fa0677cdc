// What a decision was made of: its legal moves, and the prompt, reply and reasoning of each call.
"use strict";
(() => {
  const { decisions, make, described, text } = gamegrid;
  const LONG = 2000; // characters of a reply and its reasoning that make it a long one
  const FEW = 12; // legal moves that are listed without being asked for

  const pre = (name, ...content) => make("pre", { className: name, dir: "auto" }, ...content);

  // A decision in words, with its calls.
  function decision(bundle, episode, choice, calls) {
    const seat = episode.seats[choice.seat];
    const line = make("p", { className: "replay-line" }, decisions.swatch(choice.seat), `${seat.name} (${seat.agent}): `,
      make("strong", {}, choice.label ?? "no move"));
    for (const name of decisions.verdicts(episode, choice)) {
      const [sign, words] = decisions.VERDICTS[name];
      line.append(make("span", { className: `replay-verdict ${name}` }, make("span", { ariaHidden: "true" }, `${sign} `), words));
    }
    const shown = [line];
    if ("regret" in choice) shown.push(make("p", {}, regret(choice)));
    if ("observation" in choice && !calls.length) shown.push(pre("replay-observation", text(bundle, choice.observation)));
    shown.push(moves(choice), ...calls.map((call) => reply(bundle, call, true)));
    return make("section", { className: "replay-decision" }, ...shown);
  }

  function regret(choice) {
    if (!(choice.regret > 0)) return "No regret.";
    const top = decisions.best(choice);
    if (top === null) return `Regret ${decisions.number(choice.regret)}.`;
    const better = choice.labels.filter((_, at) => top - choice.values[at] < decisions.EQUAL);
    return `Regret ${decisions.number(choice.regret)}: best was ${better.slice(0, 3).join(", ")}`
      + `${better.length > 3 ? ` and ${better.length - 3} more` : ""}, worth ${decisions.number(top)}.`;
  }

  function moves(choice) {
    const top = decisions.best(choice);
    const listed = choice.labels.map((label, at) => {
      const item = make("li", {}, label);
      if (label === choice.label) item.append(make("span", { className: "hidden" }, " (chosen)"));
      item.classList.toggle("chosen", label === choice.label);
      if (top === null) return item;
      item.append(make("span", { className: "replay-value" }, ` ${decisions.number(choice.values[at])}`));
      if (decisions.isBest(choice, at)) item.append(" ", decisions.mark("best"));
      return item;
    });
    const words = `${choice.labels.length} legal moves${top === null ? "" : " and their values"}`;
    return make("details", { className: "replay-legal", open: listed.length <= FEW },
      make("summary", {}, words), described(make("ul", { className: "replay-moves" }, ...listed), words));
  }

  function heading({ choice, reply, attempt }) {
    const parts = [`Reply ${attempt + 1}`];
    if (reply.failure) parts.push(reply.failure);
    if (choice.status === "fallback" || choice.status === "forfeit") parts.push("not played");
    if ("tokens" in reply) parts.push(`${reply.tokens} tokens`);
    if ("seconds" in reply) parts.push(`${decisions.number(reply.seconds)} s`);
    return parts.join(" · ");
  }

  // A call, with its texts made when it is opened.
  function reply(bundle, call, open, head = heading(call)) {
    const { failure } = call.reply;
    return unfolding(make("details", { className: "replay-call" }), head, failure ? "replay-failed" : "", open, () => [
      prompt(bundle, call),
      ...("reasoning" in call.reply
        ? [make("h4", {}, "Reasoning"), pre("replay-reasoning", text(bundle, call.reply.reasoning))] : []),
      make("h4", {}, call.reply.within ? "Reply, with the reasoning underlined" : "Reply"), said(bundle, call.reply),
      ...omitted(call.reply),
    ]);
  }

  // Details whose content is made when they are first opened.
  function unfolding(details, head, className, open, content) {
    details.append(make("summary", { className }, head));
    const fill = () => {
      if (details.open && details.childElementCount === 1) details.append(...content());
    };
    details.addEventListener("toggle", fill);
    details.open = open;
    fill();
    return details;
  }

  // A reply's text, with the reasoning in it marked.
  function said(bundle, one) {
    const whole = text(bundle, one.text);
    if (!whole) return make("p", { className: "replay-notes" }, "An empty text.");
    if (!one.within) return pre("replay-reply", whole);
    const [start, end] = one.within;
    return pre("replay-reply", whole.slice(0, start),
      make("span", { className: "replay-thought", title: "The reasoning" }, whole.slice(start, end)), whole.slice(end));
  }

  function omitted(one) {
    return one.left_out ? [make("p", { className: "replay-notes" },
      `${one.left_out} characters omitted. Run gamegrid replay to see them.`)] : [];
  }

  // The messages of a prompt. Those of the seat's earlier calls come under a heading of their own.
  function prompt(bundle, { sent, kept }) {
    const block = (index) => {
      const message = bundle.messages[index];
      return [make("h4", {}, message.role), pre("replay-message", text(bundle, message.text)), ...omitted(message)];
    };
    const count = sent.length === 1 ? "1 message" : `${sent.length} messages`;
    return unfolding(make("details", { className: "replay-prompt" }), `Prompt: ${count}`, "", false, () => {
      const earlier = sent.slice(0, kept).flatMap(block);
      const before = earlier.length ? [unfolding(make("details"), `${kept} as in the call before`, "", false, () => earlier)] : [];
      return [...before, ...sent.slice(kept).flatMap(block)];
    });
  }

  const KINDS = {
    all: () => true,
    failures: ({ reply: one }) => "failure" in one,
    long: ({ reply: one }, bundle) => size(bundle, one) >= LONG,
  };

  function size(bundle, one) {
    return text(bundle, one.text).length + (one.reasoning ? text(bundle, one.reasoning).length : 0) + (one.left_out ?? 0);
  }

  // All calls of an episode under one heading, to filter by kind and by agent.
  function allReplies(bundle, episode, calls, goTo) {
    const agents = [...new Set(calls.map(({ choice }) => episode.seats[choice.seat].agent))];
    const select = (words, values) => make("select", {}, ...values.map((value) => make("option", { value }, value)));
    const controls = () => {
      const kind = described(select("Kind", Object.keys(KINDS)), "Kind of reply");
      const agent = described(select("Agent", ["every agent", ...agents]), "Agent");
      const count = make("output");
      const list = make("ol", { className: "replay-calls" });
      const fill = () => {
        const found = calls.filter((call) => KINDS[kind.value](call, bundle)
          && (agent.selectedIndex === 0 || episode.seats[call.choice.seat].agent === agent.value));
        count.textContent = `${found.length} of ${calls.length}`;
        list.replaceChildren(...found.map((call) => make("li", {},
          reply(bundle, call, false, `Ply ${call.ply}, ${episode.seats[call.choice.seat].name}: ${heading(call)}`),
          gamegrid.button(`Go to ply ${call.ply}`, "go there", () => goTo(call.ply)))));
      };
      kind.addEventListener("change", fill);
      agent.addEventListener("change", fill);
      fill();
      return [make("p", { className: "replay-filter" }, kind, agent, count), list];
    };
    return unfolding(make("details", { className: "replay-all" }), calls.length === 1 ? "The reply of this episode" : `All ${calls.length} replies of this episode`, "", false, controls);
  }

  gamegrid.replies = { decision, allReplies, unfolding, LONG, size };
})();
