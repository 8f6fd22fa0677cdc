// The form that begins a person's game.
"use strict";
(() => {
  const form = document.getElementById("begin");
  const said = document.getElementById("begin-said");
  const { games, models } = JSON.parse(document.getElementById("choices").textContent);
  const fields = form.elements;

  const option = (value, textContent) => Object.assign(document.createElement("option"), { value, textContent });

  function fill(select, options) {
    const before = select.value;
    select.replaceChildren(...options);
    if (options.some((each) => each.value === before)) select.value = before;
  }

  function refill() {
    const game = games.find((each) => each.name === fields.game.value) ?? games[0];
    fill(fields.seat, game.seats.map((name, at) => option(String(at + 1), name)));
    fill(fields.against, game.against.map((name) => option(name, models.includes(name) ? `${name} (a model)` : name)));
    const asked = models.includes(fields.against.value);
    document.getElementById("ask-model").hidden = !asked;
    fields.ask_model.required = asked;
  }

  form.addEventListener("change", refill);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wanted = {
      game: fields.game.value, against: fields.against.value, seat: Number(fields.seat.value),
      deal: Number(fields.deal.value), ask_model: fields.ask_model.checked,
    };
    const answer = await fetch("/play", {
      method: "POST", headers: { "X-Gamegrid-Token": form.dataset.token }, body: JSON.stringify(wanted),
    });
    if (answer.ok) location.assign((await answer.json()).address);
    else said.textContent = (await answer.text()).trim();
  });

  fill(fields.game, games.map((each) => option(each.name, `${each.title} (${each.name})`)));
  const wanted = new URLSearchParams(location.hash.slice(1));
  if (games.some((each) => each.name === wanted.get("game"))) fields.game.value = wanted.get("game");
  refill();
  for (const name of ["seat", "against", "deal"]) {
    const value = wanted.get(name);
    const allowed = name === "deal" ? /^\d+$/.test(value) : [...fields[name].options].some((each) => each.value === value);
    if (value && allowed) fields[name].value = value;
  }
  refill();
})();
