"use strict";

// The tables behind figures: made from the page's data when a reader opens one. Texts enter as text
// nodes only.
{
  const data = JSON.parse(document.getElementById("numbers-data")?.textContent ?? "{}");

  const real = new Intl.NumberFormat("en", { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const whole = new Intl.NumberFormat("en");

  // Small numbers have two digits, so that they do not look like 0.
  function shown(value, kind) {
    if (kind === "whole") return whole.format(value);
    const size = Math.abs(value);
    return size > 0 && size < 0.01 ? String(Number(value.toPrecision(2))) : real.format(value);
  }

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function cell(column, row) {
    const value = column.values[row] ?? null;
    if (value === null) return element("td", { className: "absent" }, "–");
    if (column.kind === "text") return element("td", {}, column.words[value]);
    const made = element("td", { className: "number" }, shown(value, column.kind));
    made.dataset.value = value;
    return made;
  }

  function heading(column) {
    const name = column.name.replaceAll("_", " ");
    const made = element("th", { scope: "col" }, element("button", { type: "button" }, name));
    if (column.meaning) made.title = column.meaning;
    return made;
  }

  // The rows of which a column has a value; a column that then says nothing, or always the same
  // text as the caption, is left out.
  function chosen(columns, name, value) {
    const length = Math.max(...columns.map((column) => column.values.length));
    const every = [...Array(length).keys()];
    if (name === undefined) return { columns, rows: every };
    const filter = columns.find((column) => column.name === name);
    const place = filter.words.indexOf(value);
    const rows = every.filter((row) => filter.values[row] === place);
    const telling = (column) => rows.some((row) => (column.values[row] ?? null) !== null);
    return { columns: columns.filter((column) => column !== filter && telling(column)), rows };
  }

  function table(details) {
    const { numbers, caption, column, value } = details.dataset;
    const { columns, rows } = chosen(data[numbers].columns, column, value);
    const made = element(
      "table",
      { className: "sortable" },
      element("caption", { className: "hidden" }, caption),
      element("thead", {}, element("tr", {}, ...columns.map(heading))),
      element(
        "tbody",
        {},
        ...rows.map((row) => element("tr", {}, ...columns.map((each) => cell(each, row)))),
      ),
    );
    const scroll = element("div", { className: "scroll", tabIndex: 0, role: "region" }, made);
    scroll.setAttribute("aria-label", caption);
    return scroll;
  }

  for (const details of document.querySelectorAll("details[data-numbers]")) {
    details.addEventListener(
      "toggle",
      () => {
        if (details.open && !details.querySelector("table")) details.append(table(details));
      },
    );
  }
}
