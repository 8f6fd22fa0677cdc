// The list of an episode's moves, with verdicts.
"use strict";
(() => {
  const { decisions, make } = gamegrid;

  // Return {element, show(ply)}.
  function moveList(episode, goTo) {
    const rows = episode.frames.map((frame, ply) => row(episode, frame, ply, goTo));
    const list = make("ol", { className: "replay-list" }, ...rows.map((each) => make("li", {}, each)));
    list.setAttribute("aria-label", "Moves");
    let current = rows[0];
    const show = (ply) => {
      const focused = document.activeElement === current;
      current.tabIndex = -1;
      current.removeAttribute("aria-current");
      current = rows[ply];
      current.tabIndex = 0;
      current.setAttribute("aria-current", "step");
      // Scroll the list alone: the page must stay where it is.
      const [box, line] = [list.getBoundingClientRect(), current.getBoundingClientRect()];
      if (line.top < box.top) list.scrollTop -= box.top - line.top + 4;
      if (line.bottom > box.bottom) list.scrollTop += line.bottom - box.bottom + 4;
      if (focused) current.focus({ preventScroll: true });
    };
    return { element: list, show };
  }

  function row(episode, frame, ply, goTo) {
    const element = make("button", { type: "button", tabIndex: -1 });
    element.addEventListener("click", () => goTo(ply));
    element.append(make("span", { className: "replay-ply" }, String(ply)));
    if (!frame.choices.length) element.append(make("span", { className: "replay-move" }, `end: ${episode.outcome}`));
    for (const choice of frame.choices) {
      const seat = episode.seats[choice.seat];
      element.append(decisions.swatch(choice.seat),
        make("span", { className: "hidden" }, `${seat.name} (${seat.agent}): `),
        make("span", { className: "replay-move" }, choice.label ?? "no move"),
        ...decisions.verdicts(episode, choice).map(decisions.mark));
      if (choice.regret > 0) {
        element.append(make("span", { className: "replay-cost" },
          make("span", { className: "hidden" }, " regret "), decisions.number(choice.regret)));
      }
      element.append(" ");
    }
    return element;
  }

  gamegrid.moveList = moveList;
})();
