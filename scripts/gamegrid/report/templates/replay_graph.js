// The graph of a game's value over its plies.
"use strict";
(() => {
  const { decisions, make, board } = gamegrid;
  const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [360, 110, 34, 8, 18];

  // Return {element, show(ply)}, or null for an episode that no oracle values.
  function graph(episode, goTo) {
    const { low, high, lines } = episode.graph ?? { lines: [] };
    if (!lines.length) return null;
    const end = episode.frames.length - 1;
    const x = (ply) => LEFT + (WIDTH - LEFT - 6) * (end ? ply / end : 0);
    const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (high > low ? (high - value) / (high - low) : 0.5);
    const now = board.shape("path", { class: "now", d: "" });
    const root = board.shape("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": inWords(episode),
    }, ...axes(end, x, y, low, high), now, ...lines.map((line) => drawn(line, x, y)), ...mistakes(episode, x, y));
    root.addEventListener("click", (event) => {
      const { left, width } = root.getBoundingClientRect();
      const across = (event.clientX - left) / width * WIDTH;
      goTo(Math.round(Math.max(0, Math.min(1, (across - LEFT) / (WIDTH - LEFT - 6))) * end));
    });
    const element = make("figure", { className: "replay-graph" }, root, legend(episode, lines));
    return { element, show: (ply) => now.setAttribute("d", `M${x(ply)} ${TOP}V${HEIGHT - BOTTOM}`) };
  }

  function axes(end, x, y, low, high) {
    const levels = [...new Set([low, (low + high) / 2, high])];
    const label = (at, down, words, anchor) =>
      board.shape("text", { x: at, y: down, "text-anchor": anchor }, words);
    return [
      board.shape("path", { class: "rule", d: levels.map((each) => `M${LEFT} ${y(each)}H${WIDTH - 6}`).join("") }),
      ...levels.map((each) => label(LEFT - 5, y(each) + 4, decisions.number(each), "end")),
      label(LEFT, HEIGHT - 3, "ply 0", "start"),
      label(WIDTH - 6, HEIGHT - 3, String(end), "end"),
    ];
  }

  function drawn(line, x, y) {
    const points = line.points.map(([ply, value]) => `${x(ply)} ${y(value)}`);
    const group = board.shape("g", { class: `line seat-${line.seat % 4}` },
      board.shape("path", { d: `M${points.join("L")}` }));
    for (const [ply, value] of line.points) {
      group.append(board.shape("circle", { cx: x(ply), cy: y(value), r: 2.4 }));
    }
    return group;
  }

  // The value at a ply, on the line of the seat or on the only line.
  function valueAt(episode, ply, seat) {
    const { lines } = episode.graph;
    const line = lines.find((each) => each.seat === seat) ?? lines[0];
    return line.points.find(([at]) => at === ply)?.[1];
  }

  function mistakes(episode, x, y) {
    return episode.frames.flatMap((frame, ply) => frame.choices
      .filter((choice) => choice.regret > 0 && valueAt(episode, ply, choice.seat) !== undefined)
      .map((choice) => board.shape("circle", {
        class: "mistake", cx: x(ply), cy: y(valueAt(episode, ply, choice.seat)), r: 4.6,
      })));
  }

  function legend(episode, lines) {
    const caption = make("figcaption", {}, "Value to ");
    lines.forEach((line, at) => {
      if (at) caption.append(", ");
      caption.append(decisions.swatch(line.seat), ` ${named(episode, line.seat)}`);
    });
    caption.append(lines.length > 1 ? ", each at its own decisions" : " before each move",
      ". Rings: decisions with regret.");
    return caption;
  }

  function named(episode, seat) {
    const { name, agent } = episode.seats[seat];
    return `${name} (${agent})`;
  }

  // The graph as a statement.
  function inWords(episode) {
    const { low, high, lines } = episode.graph;
    const told = lines.map(({ seat, points }) => {
      const [first, last] = [points[0], points[points.length - 1]];
      return `to ${named(episode, seat)} ${decisions.number(first[1])} at ply ${first[0]}, `
        + `${decisions.number(last[1])} at ply ${last[0]}`;
    });
    const costly = episode.frames.flatMap((frame, ply) => frame.choices
      .filter((choice) => choice.regret > 0)
      .map((choice) => `ply ${ply}, ${episode.seats[choice.seat].name}, regret ${decisions.number(choice.regret)}`));
    const regrets = costly.length ? ` Mistakes: ${costly.join("; ")}.` : " No mistakes.";
    return `Value of the game, from ${decisions.number(low)} to ${decisions.number(high)}: ${told.join("; ")}.${regrets}`;
  }

  gamegrid.valueGraph = graph;
})();
