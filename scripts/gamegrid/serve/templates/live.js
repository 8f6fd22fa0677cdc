// The line at the top: how far the grid is, what it has cost, and whether there are newer results.
"use strict";
(() => {
  const line = document.getElementById("live");
  const PAUSE = 2000; // milliseconds
  const listeners = [];
  let first = null; // the version of the results that this page shows

  function duration(seconds) {
    for (const [size, unit] of [[86400, "days"], [3600, "h"], [60, "min"]]) {
      if (seconds >= 1.5 * size) return `${Number((seconds / size).toPrecision(2))} ${unit}`;
    }
    return `${Math.round(seconds)} s`;
  }

  const money = (usd) => `${Number(usd.toPrecision(4))} USD`;

  function words(state) {
    const now = state.progress;
    const said = [];
    if (now) {
      const jobs = now.whole ? "" : " of the jobs that have begun";
      if (now.done < now.episodes) {
        said.push(`${now.done} of ${now.episodes} episodes${jobs}`);
        said.push(now.running ? `${now.running} ${now.running === 1 ? "job" : "jobs"} at work` : "no job at work");
        if (now.left_s) said.push(`about ${duration(now.left_s)} left`);
      } else {
        said.push(`all ${now.episodes} episodes${jobs} are played`);
      }
      if (now.failed) said.push(`${now.failed} not finished`);
      if (now.billed_usd !== null) said.push(`${money(now.billed_usd)} of ${money(now.budget_usd)} billed`);
      else if (now.spent_usd) said.push(`${money(now.spent_usd)} spent`);
    }
    if (state.results && state.results.held) said.push(`partial results: ${state.results.held}`);
    if (state.building) said.push("building the newest results");
    if (state.trouble) said.push(state.trouble);
    return said.join(" · ");
  }

  function show(state) {
    const parts = [words(state)];
    const version = state.results ? state.results.version : 0;
    if (first === null) first = Number(document.body.dataset.version ?? version);
    if (version > first && location.pathname === "/") {
      if (window.scrollY < 50 && !location.hash) location.reload();
      const link = Object.assign(document.createElement("a"), { href: "/", textContent: "Show the newer results" });
      parts.push(" · ", link);
    }
    // A status is read out when it changes, so leave it if it does not.
    if (line.textContent !== parts.map((each) => each.textContent ?? each).join("")) line.replaceChildren(...parts);
    for (const listener of listeners) listener(state, { duration, money });
  }

  async function ask() {
    let state = null;
    try {
      const answer = await fetch(`/live?at=${encodeURIComponent(location.pathname)}`, { cache: "no-store" });
      if (answer.ok) state = await answer.json();
      else line.textContent = (await answer.text()).trim();
    } catch {
      line.textContent = "gamegrid view has ended; this page shows what it last saw.";
    }
    setTimeout(ask, document.hidden ? 5 * PAUSE : PAUSE);
    if (state) show(state);
  }

  window.gamegridLive = { listen: (listener) => listeners.push(listener) };
  ask();
})();
