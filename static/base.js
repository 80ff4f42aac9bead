// What every page shares: toasts, menus, dialogs, copy buttons.
"use strict";

(() => {
  const TOAST_MS = 8000;
  const toasts = () => document.getElementById("toasts");

  function closeLater(toast) {
    if (toast.classList.contains("toast-bad") || toast.querySelector("a")) return; // something to read or to do
    let timer = setTimeout(() => toast.remove(), TOAST_MS);
    toast.addEventListener("mouseenter", () => clearTimeout(timer));
    toast.addEventListener("mouseleave", () => (timer = setTimeout(() => toast.remove(), TOAST_MS)));
  }

  function closeButton() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "close";
    button.setAttribute("aria-label", "Dismiss");
    button.textContent = "×";
    return button;
  }

  /** A message in the corner. `kind`: ok, warn, bad or none; `href` with `link` adds a link behind the text. */
  function toast(text, { kind = "", href = "", link = "" } = {}) {
    const element = document.createElement("div");
    element.className = kind ? `toast toast-${kind}` : "toast";
    const sentence = document.createElement("span");
    sentence.textContent = text;
    element.append(sentence);
    if (href) {
      const anchor = document.createElement("a");
      anchor.href = href;
      anchor.textContent = link;
      element.append(anchor);
    }
    element.append(closeButton());
    toasts().append(element);
    closeLater(element);
  }

  async function copy(button) {
    const text = document.getElementById(button.dataset.copies).textContent.trim();
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(document.getElementById(button.dataset.copies));
      toast("Press Ctrl+C to copy.");
    }
  }

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    target.closest(".toast .close")?.closest(".toast").remove();
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
    const opener = target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    target.closest("[data-closes]")?.closest("dialog")?.close();
    const copier = target.closest("[data-copies]");
    if (copier) copy(copier);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // A form sent twice by a double click is sent once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
  });

  document.addEventListener("htmx:sendError", () => toast("The server cannot be reached. Try again.", { kind: "bad" }));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) toast("Something went wrong on our side. Try again.", { kind: "bad" });
  });

  for (const element of document.querySelectorAll("#toasts .toast")) closeLater(element);
  window.dna = Object.freeze({ toast });
})();
