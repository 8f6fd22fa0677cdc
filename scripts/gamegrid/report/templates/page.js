"use strict";

// A click on a heading sorts its table: numbers in descending order first, text in ascending order.
// Rows without a value stay last in both directions.
function sortTable(heading) {
  const table = heading.closest("table");
  const column = [...heading.parentNode.children].indexOf(heading);
  const rows = [...table.tBodies[0].rows];
  const value = (row) => {
    const cell = row.cells[column];
    if ("value" in cell.dataset) return Number(cell.dataset.value);
    const absent = cell.classList.contains("absent") || cell.classList.contains("number");
    return absent ? null : cell.textContent.trim();
  };
  const numeric = rows.some((row) => typeof value(row) === "number");
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
  for (const row of rows) row.classList.remove("apart");
  for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", order);
  table.tBodies[0].append(...rows.sort(compare));
}

for (const button of document.querySelectorAll("table.sortable th button")) {
  button.addEventListener("click", () => sortTable(button.closest("th")));
}
