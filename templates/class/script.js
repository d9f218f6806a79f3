// Sorts and filters the table of everyone. Without it the table is there, in the order in which to look.
"use strict";
const table = document.getElementById("everyone");
const body = table.tBodies[0];
const rows = [...body.rows];
const words = document.getElementById("words");
const which = document.getElementById("which");
const shown = document.getElementById("shown");

document.querySelector(".tools").hidden = false;

const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

const order_of_words = new Intl.Collator(undefined, { numeric: true });

function filter() {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    const kind = which.value;
    const fits = kind === "" || (kind === "look" ? row.dataset.look === "1" : row.dataset.state === kind);
    row.hidden = !(fits && wanted.every((word) => texts.get(row).includes(word)));
    count += row.hidden ? 0 : 1;
  }
  shown.textContent = `${count} of ${rows.length} shown`;
}

function value(row, column) {
  const cell = row.cells[column];
  return cell.dataset.sort === undefined ? cell.textContent.trim() : Number(cell.dataset.sort);
}

function sort(head, column) {
  const down = head.getAttribute("aria-sort") === (head.dataset.first || "ascending");
  const order = down ? (head.dataset.first === "descending" ? "ascending" : "descending") : head.dataset.first || "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const compare = (a, b) => (typeof a === "number" ? a - b : order_of_words.compare(a, b));
  rows.sort((a, b) => sign * compare(value(a, column), value(b, column)));
  body.append(...rows);
}

[...table.tHead.rows[0].cells].forEach((head, column) => {
  head.querySelector("button")?.addEventListener("click", () => sort(head, column));
});
words.addEventListener("input", filter);
which.addEventListener("change", filter);
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    words.focus();
  } else if (event.key === "Escape" && event.target === words) {
    words.value = "";
    filter();
  }
});
filter();
