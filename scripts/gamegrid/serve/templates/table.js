// A person's game: what the seat sees, a button for each legal move, and the end.
"use strict";
(() => {
  const table = document.getElementById("table");
  const place = (name) => document.getElementById(`table-${name}`);
  const { address, token } = table.dataset;
  let version = -1;
  let turn = null;

  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  async function post(what, body = {}) {
    const answer = await fetch(`${address}/${what}`, {
      method: "POST", headers: { "X-Gamegrid-Token": token }, body: JSON.stringify(body),
    });
    if (!answer.ok) place("said").textContent = (await answer.text()).trim();
    return answer;
  }

  async function move(label) {
    if (!turn) return;
    const number = turn.number;
    turn = null;
    for (const button of place("moves").children) button.disabled = true;
    place("said").textContent = `You play ${label}.`;
    await post("move", { turn: number, label });
  }

  // A button for each of these moves.
  function offer(labels) {
    place("moves").replaceChildren(...labels.map((label) => {
      const button = make("button", { type: "button", textContent: label });
      button.addEventListener("click", () => move(label));
      return button;
    }));
  }

  // The board. A place on it that stands for one move is that move; for several, they are offered.
  function draw(drawing, now) {
    if (!drawing) return place("board").replaceChildren();
    const marks = (now ? now.labels : [])
      .map((label, at) => ({ label, spot: now.spots[at], kind: "legal" }))
      .filter(({ spot }) => spot);
    const chosen = (labels) => {
      if (labels.length === 1) return move(labels[0]);
      place("said").textContent = "Which of these moves?";
      offer(labels);
    };
    gamegrid.board.draw(place("board"), drawing, { marks, onMove: marks.length ? chosen : null });
  }

  function show(state) {
    version = state.version;
    turn = state.turn;
    const over = state.ending !== null;
    if (turn || over) {
      draw((turn ?? state).drawing, turn);
      const lines = (turn ?? state).history;
      if (lines) place("history").replaceChildren(...lines.map((textContent) => make("li", { textContent })));
    }
    place("observation").hidden = !turn;
    offer(turn ? turn.labels : []);
    if (turn) {
      place("observation").textContent = turn.observation;
      place("prompt").textContent = turn.prompt;
      place("said").textContent = "Your turn.";
    } else if (over) {
      place("said").textContent = state.ending;
    } else {
      place("said").textContent = "Waiting for the others.";
    }
    place("leave").hidden = over;
    for (const name of ["save", "replay", "again"]) place(name).hidden = !(over && state.record);
    place("again").hidden = !over;
    if (state.saved) {
      place("save").disabled = true;
      place("save").textContent = `Kept in ${state.saved}`;
    }
  }

  // The state when it is newer than the page's; null if there is none to come.
  async function news() {
    try {
      const answer = await fetch(`${address}/news?since=${version}`, { cache: "no-store" });
      if (answer.ok) return await answer.json();
      place("said").textContent = (await answer.text()).trim();
    } catch {
      place("said").textContent = "gamegrid view has ended, and the game with it.";
    }
    return null;
  }

  async function follow() {
    for (;;) {
      const state = await news();
      if (!state) return;
      if (state.version !== version) show(state);
      if (state.ending !== null) return;
    }
  }

  place("leave").addEventListener("click", () => post("leave"));
  place("save").addEventListener("click", async () => {
    const answer = await post("save");
    if (!answer.ok) return;
    place("save").disabled = true;
    place("save").textContent = `Kept in ${(await answer.json()).saved}`;
  });
  follow();
})();
