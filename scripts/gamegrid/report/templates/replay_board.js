// Boards: gamegrid's drawings, with marks for moves. A drawing is parsed as XML, and what could run
// or load something is removed.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const CARDS = 3.4; // pixels of a unit of a card table, so that its letters are as large as the page's
  const UNWANTED = "script, foreignObject, a, image, use, iframe, style, animate, set";

  function shape(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function parsed(drawing) {
    const root = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
    root.querySelectorAll(UNWANTED).forEach((each) => each.remove());
    for (const element of [root, ...root.querySelectorAll("*")]) {
      for (const { name } of [...element.attributes]) {
        if (/^on|href$|^style$/i.test(name)) element.removeAttribute(name);
      }
    }
    return document.importNode(root, true);
  }

  // The shape of a spot: see Spot in boards/board.py.
  function outline([form, ...at]) {
    if (form === "ring") return shape("circle", { cx: at[0], cy: at[1], r: at[2] });
    if (form === "box") return shape("rect", { x: at[0], y: at[1], width: at[2], height: at[3], rx: 1 });
    if (form === "line") return shape("path", { d: `M${at[0]} ${at[1]}L${at[2]} ${at[3]}` });
    return shape("path", { d: arrow(at) });
  }

  // An arrow that starts beside the centre of its first square and ends at that of its last.
  function arrow([x, y, toX, toY]) {
    const [dx, dy] = [toX - x, toY - y];
    const long = Math.hypot(dx, dy) || 1;
    const [ux, uy] = [dx / long, dy / long];
    const at = (along, aside) => `${x + ux * along - uy * aside} ${y + uy * along + ux * aside}`;
    const neck = Math.max(2, long - 3.4);
    return `M${at(2, 0.55)}L${at(neck, 0.55)} ${at(neck, 1.9)} ${at(long, 0)} ${at(neck, -1.9)} `
      + `${at(neck, -0.55)} ${at(2, -0.55)}Z`;
  }

  // Where the value of a move is written.
  function place([form, ...at]) {
    if (form === "ring") return [at[0], at[1]];
    if (form === "box") return [at[0] + Math.min(at[2], 9) / 2, at[1] + at[3] - 1];
    // Nearer the end for moves across, so that those of neighbouring pieces do not meet.
    const across = form === "arrow" && at[0] !== at[2] && at[1] !== at[3];
    const share = across ? 0.74 : 0.5;
    return [at[0] + (at[2] - at[0]) * share, at[1] + (at[3] - at[1]) * share];
  }

  function badge(spot, words, best, size) {
    const [x, y] = place(spot);
    const wide = size * (0.62 * words.length + 0.7);
    return shape("g", { class: best ? "value best" : "value" },
      shape("rect", { x: x - wide / 2, y: y - 0.7 * size, width: wide, height: 1.4 * size, rx: 0.4 * size }),
      shape("text", { x, y: y + 0.36 * size, "font-size": size }, words));
  }

  // A spot as a button.
  function target(spot, words, act) {
    const element = shape("g", { class: "target", role: "button", tabindex: 0, "aria-label": words }, outline(spot));
    element.addEventListener("click", act);
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      act();
    });
    return element;
  }

  // The buttons of all moves. A move from square to square takes two: where from, then where to.
  function targets(marks, onMove) {
    const group = shape("g", { class: "targets" });
    const end = (spot, from) => ["ring", ...(from ? spot.slice(1, 3) : spot.slice(3, 5)), 4.4];
    const together = (all, key) => {
      const by = new Map();
      for (const each of all) by.set(key(each), [...(by.get(key(each)) ?? []), each]);
      return [...by.values()];
    };
    const arrows = marks.filter((each) => each.spot[0] === "arrow");
    const plain = marks.filter((each) => each.spot[0] !== "arrow");
    const words = (some) => some.map((each) => each.label).join(", ");
    const choose = (from) => {
      group.replaceChildren(...together(from, (each) => String(end(each.spot, false))).map((some) =>
        target(end(some[0].spot, false), words(some), () => onMove(some.map((each) => each.label)))),
      target(end(from[0].spot, true), "Another piece", begin));
      group.querySelector("[role=button]").focus();
    };
    const begin = () => group.replaceChildren(
      ...plain.map((each) => target(each.spot, each.label, () => onMove([each.label]))),
      ...together(arrows, (each) => String(end(each.spot, true))).map((some) =>
        target(end(some[0].spot, true), words(some), () => choose(some))));
    begin();
    return group;
  }

  // Draw a board in an element. A mark is {spot, kind, value, best, label}; its kind is "own",
  // "fallback" or "legal". The shape of a legal move is shown only if it has neither value nor use.
  // With onMove, legal moves are buttons; it gets the labels of the moves that a click can mean.
  function draw(element, drawing, { marks = [], onMove = null } = {}) {
    const board = parsed(drawing);
    const width = Number((board.getAttribute("viewBox") ?? "0 0 100 100").split(/\s+/)[2]);
    const size = Math.min(3.4, width * 0.045);
    if (board.classList.contains("cards")) board.setAttribute("width", width * CARDS);
    const layer = shape("g", { class: "marks" });
    for (const each of marks.filter(({ kind }) => kind !== "legal")) {
      layer.append(shape("g", { class: `chosen ${each.kind} ${each.spot[0]}` }, outline(each.spot)));
    }
    for (const each of marks.filter((one) => "value" in one)) {
      layer.append(badge(each.spot, gamegrid.decisions.number(each.value), each.best, size));
    }
    if (layer.childNodes.length) board.append(layer);
    if (onMove) {
      board.setAttribute("role", "group");
      board.append(targets(marks.filter(({ kind }) => kind === "legal"), onMove));
    }
    element.replaceChildren(board);
    return board;
  }

  gamegrid.board = { draw, shape };
})();
