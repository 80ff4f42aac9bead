// A template's page: from a field in the list to its places in the preview and back, and a filter over the list.

import "./jobs.js";

const preview = document.getElementById("preview");
const fields = document.getElementById("fields");
const filter = document.getElementById("field-filter");
const unsure = document.getElementById("only-unsure");
const narrow = matchMedia("(max-width: 74.99rem)");
let active = null, place = 0;

function marksOf(key) {
  return [...preview.querySelectorAll(`mark[data-field="${CSS.escape(key)}"]`)];
}

function lineOf(key) {
  return document.getElementById(`field-${key}`);
}

/** Mark a field in both columns; returns its places. */
function activate(key) {
  for (const old of document.querySelectorAll(".field-line.is-active, mark.is-active")) old.classList.remove("is-active");
  active = key;
  lineOf(key)?.classList.add("is-active");
  const marks = marksOf(key);
  for (const mark of marks) mark.classList.add("is-active");
  return marks;
}

/** To the field's place in the preview; once more, to its next place. Escape or Enter there leads back. */
function showPlace(key) {
  place = key === active ? place + 1 : 0;
  const marks = activate(key);
  if (!marks.length) return;
  const mark = marks[place % marks.length];
  mark.tabIndex = -1;
  mark.focus({ preventScroll: true });
  mark.scrollIntoView({ block: "center", behavior: "smooth" });
}

function showLine(key, mark = null) {
  place = Math.max(0, activate(key).indexOf(mark));
  const line = lineOf(key);
  if (!line) return;
  if (line.hidden) clearFilter();
  line.scrollIntoView({ block: narrow.matches ? "center" : "nearest", behavior: "smooth" });
  (line.querySelector(".field-jump") ?? line.querySelector("input"))?.focus({ preventScroll: true });
}

function applyFilter() {
  const words = (filter?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  let any = false;
  for (const group of fields.querySelectorAll(".field-group")) {
    let shown = 0;
    for (const line of group.querySelectorAll(".field-line")) {
      const text = `${line.textContent} ${line.dataset.key}`.toLowerCase();
      line.hidden = !words.every((word) => text.includes(word)) || (unsure?.checked && !("unsure" in line.dataset));
      shown += !line.hidden;
    }
    group.hidden = shown === 0;
    any ||= shown > 0;
  }
  document.getElementById("fields-none").hidden = any || !fields.querySelector(".field-group");
}

function clearFilter() {
  if (filter) filter.value = "";
  if (unsure) unsure.checked = false;
  applyFilter();
}

function markDoubtful() {
  for (const line of fields.querySelectorAll("[data-unsure]"))
    for (const mark of marksOf(line.dataset.key)) mark.classList.add("is-doubtful");
}

if (preview && fields) {
  fields.addEventListener("click", (event) => {
    const jump = event.target.closest("[data-jump]");
    if (jump) showPlace(jump.dataset.jump);
  });
  fields.addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.target.closest(".is-editing")?.querySelector("[data-cancel-edit]").click();
  });
  preview.addEventListener("click", (event) => {
    const mark = event.target.closest("mark[data-field]");
    if (mark) showLine(mark.dataset.field, mark);
  });
  preview.addEventListener("keydown", (event) => {
    const mark = event.target.closest("mark[data-field]");
    if (!mark || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    showLine(mark.dataset.field, mark);
  });
  fields.addEventListener("htmx:afterSettle", () => fields.querySelector(".is-editing")?.scrollIntoView({ block: "nearest" }));
  filter?.addEventListener("input", applyFilter);
  unsure?.addEventListener("change", applyFilter);
  preview.addEventListener("htmx:afterSettle", () => {
    markDoubtful();
    if (location.hash.startsWith("#field-")) showLine(location.hash.slice(7));
    else if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  });
  if (narrow.matches) document.querySelector(".outline-details").open = false;
}
