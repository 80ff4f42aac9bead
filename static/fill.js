// The form that fills a template: rows of tables, what is filled so far, where one is, and nothing lost by leaving.

const form = document.getElementById("fill");
const groups = [...form.querySelectorAll(".fill-group")];
const links = new Map([...document.querySelectorAll("#fill-nav a[data-group]")].map((link) => [link.hash.slice(1), link]));

// --- rows ---

function addRow(key) {
  const body = form.querySelector(`table[data-rows="${CSS.escape(key)}"] tbody`);
  const row = form.querySelector(`template[data-row-of="${CSS.escape(key)}"]`).content.firstElementChild.cloneNode(true);
  const numbers = [...body.querySelectorAll("[name]")].map((input) => Number(input.name.split(".")[1]));
  const number = Math.max(-1, ...numbers) + 1;
  for (const input of row.querySelectorAll("[name]")) input.name = input.name.replace(".ROW.", `.${number}.`);
  body.append(row);
  row.querySelector("[name]")?.focus();
}

function removeRow(button) {
  const row = button.closest("tr");
  const near = row.nextElementSibling ?? row.previousElementSibling;
  const add = button.closest(".field").querySelector("[data-add-row]");
  row.remove();
  (near?.querySelector("[name]") ?? add).focus();
}

for (const button of form.querySelectorAll("[data-remove-row]")) button.hidden = false;
for (const button of form.querySelectorAll("[data-add-row]")) button.type = "button";
form.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add-row]");
  if (add) addRow(add.dataset.addRow);
  const remove = event.target.closest("[data-remove-row]");
  if (remove) removeRow(remove);
  if (add || remove) changed();
});

// --- what is filled ---

function isFilled(field) {
  for (const input of field.querySelectorAll("input, select, textarea")) {
    if (input.type === "checkbox" ? input.checked && input.name[0] !== "d" : input.type === "radio" ? input.checked && input.value : input.value) return true;
  }
  return false;
}

function count() {
  const fields = [...form.querySelectorAll(".fill-field")];
  const filled = fields.filter(isFilled).length;
  const line = document.getElementById("filled");
  line.hidden = fields.length === 0;
  line.querySelector("progress").value = filled;
  line.querySelector("[data-filled]").textContent = `${filled} of ${fields.length} filled`;
}

let dirty = false, timer = 0;
function changed() {
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(count, 200);
}
form.addEventListener("input", changed);
count();

// --- where one is ---

if (links.size && "IntersectionObserver" in window) {
  const seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) entry.isIntersecting ? seen.add(entry.target) : seen.delete(entry.target);
    const here = groups.find((group) => seen.has(group));
    if (!here) return;
    for (const link of links.values()) link.removeAttribute("aria-current");
    const link = links.get(here.id);
    link?.setAttribute("aria-current", "true");
    const box = link?.closest(".fill-sticky");
    if (box && box.scrollHeight > box.clientHeight) {
      const top = link.offsetTop - box.clientHeight / 2;
      box.scrollTo({ top });
    }
  }, { rootMargin: "-80px 0px -50% 0px" });
  for (const group of groups) watch.observe(group);
}

if (matchMedia("(max-width: 59.99rem)").matches) {
  const sections = document.querySelector(".fill .outline-details");
  if (sections) sections.open = false;
}

// --- nothing lost ---

addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});
form.addEventListener("submit", () => (dirty = false));
document.getElementById("problems")?.focus();
