"use strict";

// Return a row's cell in a column; a cell may span several.
function cellAt(row, column) {
  let place = 0;
  for (const cell of row.cells) {
    place += cell.colSpan;
    if (place > column) return cell;
  }
}

// A click on a heading sorts its table: numbers in descending order first, text in ascending order.
// Rows without a value stay last in both directions. Groups of rows stay apart.
function sortTable(heading) {
  const table = heading.closest("table");
  const column = [...heading.parentNode.children].indexOf(heading);
  const groups = [...table.tBodies].map((body) => ({
    body,
    rows: [...body.rows].filter((row) => !row.classList.contains("apart")),
  }));
  const value = (row) => {
    const cell = cellAt(row, column);
    if ("value" in cell.dataset) return Number(cell.dataset.value);
    const absent = ["absent", "number", "provisional"].some((name) => cell.classList.contains(name));
    return absent ? null : cell.textContent.trim();
  };
  const numeric = groups.some(({ rows }) => rows.some((row) => typeof value(row) === "number"));
  const before = heading.getAttribute("aria-sort");
  const first = numeric ? "descending" : "ascending";
  const second = numeric ? "ascending" : "descending";
  const order = before === first ? second : first;
  const sign = order === "ascending" ? 1 : -1;
  const compare = (one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (typeof a === "number" ? a - b : a.localeCompare(b));
  };
  for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", order);
  for (const { body, rows } of groups) body.append(...rows.sort(compare));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("table.sortable th button");
  if (button) sortTable(button.closest("th"));
});
