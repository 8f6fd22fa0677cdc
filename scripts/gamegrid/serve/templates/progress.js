// The page of the progress: a bar, facts, and a row for each matchup.
"use strict";
(() => {
  const place = (name) => document.getElementById(`progress-${name}`);
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  function facts(now, { duration, money }) {
    const unknown = now.parts.filter((part) => part.usd === null).length;
    const spent = now.spent_usd === null ? (now.whole ? `prices not known of ${unknown} matchups` : "not known") : money(now.spent_usd);
    return [
      ["Jobs at work", String(now.running)],
      ["Not finished, to be played again", String(now.failed)],
      ["Spent on replies on file", spent],
      ...(now.billed_usd === null ? [] : [["Billed of the budget", `${money(now.billed_usd)} of ${money(now.budget_usd)}`]]),
      ["Time left at this pace", now.left_s === null ? "not known yet" : duration(now.left_s)],
    ];
  }

  function row(part, { duration, money }) {
    const slash = part.name.indexOf("/");
    const number = (value) => make("td", { className: "number", textContent: String(value) });
    return make("tr", {},
      make("td", { textContent: part.name.slice(0, slash) }),
      make("th", { scope: "row", textContent: part.name.slice(slash + 1) }),
      number(part.done), number(part.episodes), number(part.failed), number(part.running),
      number(part.usd === null ? "–" : Number(part.usd.toPrecision(3))),
      make("td", { textContent: part.left_s === null ? "–" : part.left_s ? duration(part.left_s) : "done" }));
  }

  window.gamegridLive.listen((state, words) => {
    const now = state.progress;
    const watched = document.getElementById("progress").dataset.watched === "true";
    if (!now) {
      place("sum").textContent = state.trouble ?? "No job has begun yet.";
    } else {
      const share = now.episodes ? Math.floor(100 * now.done / now.episodes) : 100;
      place("sum").textContent = `${now.done} of ${now.episodes} episodes (${share} %)${now.whole ? "" : " of the jobs that have begun"}.`;
      Object.assign(place("bar"), { hidden: false, max: Math.max(1, now.episodes), value: now.done });
      place("facts").replaceChildren(...facts(now, words).map(([name, value]) =>
        make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value }))));
      place("parts").hidden = false;
      place("parts").tBodies[0].replaceChildren(...now.parts.map((part) => row(part, words)));
    }
    place("note").textContent =
      (state.results ? `The page Results shows ${state.results.held ? `partial results, ${state.results.held}` : "the newest database"}. ` : "There are no results yet. ")
      + (watched ? "Results of the jobs that are finished appear while the grid runs."
        : "Start gamegrid view with --configfile GRID to see all jobs, the cost, and partial results while the grid runs.");
    if (state.results && location.pathname === "/") location.reload();
  });
})();
