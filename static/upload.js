// Drag and drop, or choose, several Word files; each gets a line with its own live progress.

import { callApi, csrfToken, followJob, showProgress } from "./jobs.js";

const AT_ONCE = 3;
const FEW = 3;
const form = document.getElementById("upload");
if (form) enhance();

function enhance() {
  const zone = document.getElementById("drop-zone");
  const input = form.querySelector("input[type=file]");
  const list = document.getElementById("uploads");
  const waiting = [];
  let running = 0;
  let batch = null; // what was added together says together that it is ready, when it is more than a few

  form.classList.add("is-live");
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  form.addEventListener("submit", (event) => event.preventDefault());

  // The whole page takes files: nobody should have to aim.
  let depth = 0;
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => hasFiles(event) && (depth++, zone.classList.add("is-over")));
  addEventListener("dragleave", (event) => hasFiles(event) && --depth <= 0 && ((depth = 0), zone.classList.remove("is-over")));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    zone.classList.remove("is-over");
    add(event.dataTransfer.files);
  });

  function add(files) {
    const named = form.elements.namedItem("name");
    const name = files.length === 1 ? named.value : ""; // one name is one template's
    named.value = "";
    if (files.length > FEW) batch = { total: files.length, ended: 0, ready: 0 };
    for (const file of files) {
      const line = makeLine(file.name);
      list.append(line.element);
      const together = files.length > FEW ? batch : null;
      waiting.push({ file, name, line, together, key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` });
    }
    list.hidden = list.children.length === 0;
    next();
  }

  function next() {
    while (running < AT_ONCE && waiting.length) {
      running++;
      upload(waiting.shift()).finally(() => (running--, next()));
    }
  }

  async function upload(item) {
    const { line } = item;
    line.progress({ progress: null, step: "Uploading", eta: null });
    try {
      const accepted = await send(item);
      refresh();
      follow(accepted.job_id, accepted.template_id, item);
    } catch (error) {
      const again = error.retryable ? () => (waiting.push(item), next()) : null;
      line.fail(error.message, again);
      ended(item, false);
    }
  }

  /** The same key for every try of one file, so that a lost answer does not make a second template. */
  function send({ file, name, line, key }) {
    const body = new FormData(form);
    body.delete("csrfmiddlewaretoken");
    body.set("file", file, file.name);
    body.set("name", name);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.dataset.api);
      request.setRequestHeader("X-CSRFToken", csrfToken());
      request.setRequestHeader("Idempotency-Key", key);
      request.upload.onprogress = (event) =>
        line.progress({ progress: null, step: `Uploading ${Math.round((100 * event.loaded) / event.total)} %`, eta: null });
      request.onerror = () => reject(failure("The server cannot be reached.", true));
      request.onload = () => {
        const answer = parse(request.responseText);
        if (request.status === 202) resolve(answer);
        else reject(failure(answer.error?.message ?? "The upload did not work.", request.status >= 500));
      };
      request.send(body);
    });
  }

  /** One file of several that were added together has ended; the last one says how it went. */
  function ended({ together }, isReady) {
    if (!together) return;
    together.ended++;
    together.ready += isReady;
    if (together.ended !== together.total) return;
    const kind = together.ready === together.total ? "ok" : "warn";
    dna.toast(`${together.ready} of ${together.total} files are ready.`, { kind });
  }

  function follow(jobId, templateId, item) {
    const { line } = item;
    const href = `/templates/${templateId}/`;
    line.link(href);
    followJob(jobId, {
      onProgress: line.progress,
      onEnd: ({ status, result, error }) => {
        refresh();
        if (status === "completed") {
          const found = `${result.fields_count} field${result.fields_count === 1 ? "" : "s"} in ${result.sections_count} section${result.sections_count === 1 ? "" : "s"}`;
          line.done(found, href);
          if (!item.together) dna.toast(`“${line.name}” is ready: ${found}.`, { kind: "ok", href, link: "Open" });
          ended(item, true);
        } else {
          const reason = error?.message ?? (status === "cancelled" ? "Reading was cancelled." : "The file could not be read.");
          line.fail(reason, () => retry(jobId, templateId, item));
          ended(item, false);
        }
      },
    });
  }

  async function retry(jobId, templateId, item) {
    try {
      await callApi(`/api/v1/jobs/${jobId}/retry`, { method: "POST" });
      item.line.progress({ progress: 0, step: "", eta: null });
      follow(jobId, templateId, { ...item, together: null });
    } catch (error) {
      dna.toast(error.message, { kind: "bad" });
    }
  }
}

function refresh() {
  document.body.dispatchEvent(new Event("templates-changed"));
}

function failure(message, retryable) {
  return Object.assign(new Error(message), { retryable });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** One line of the list of uploads. */
function makeLine(name) {
  const element = document.createElement("li");
  element.innerHTML = `
    <div class="row"><span class="strong grow upload-name"></span><span class="row" data-actions></span>
      <button type="button" class="close" aria-label="Remove from this list">×</button></div>
    <div class="progress-line">
      <progress class="progress" max="100"></progress>
      <div class="progress-text"><span data-job-step>Waiting</span><span data-job-left class="nowrap"></span></div>
    </div>
    <p class="field-error" role="alert" hidden></p>`;
  const title = element.querySelector(".upload-name");
  const line = element.querySelector(".progress-line");
  const bar = element.querySelector("progress");
  const problem = element.querySelector(".field-error");
  const actions = element.querySelector("[data-actions]");
  title.textContent = name;
  bar.setAttribute("aria-label", `Progress of ${name}`);
  const close = element.querySelector(".close");
  close.setAttribute("aria-label", `Remove ${name} from this list`);
  close.addEventListener("click", () => {
    const list = element.parentElement;
    element.remove();
    list.hidden = list.children.length === 0;
  });

  function settle(status) {
    bar.dataset.status = status;
    bar.value = 100;
    line.querySelector("[data-job-left]").textContent = "";
  }

  return {
    element,
    name,
    progress(told) {
      problem.hidden = true;
      line.hidden = false;
      actions.replaceChildren();
      delete bar.dataset.status;
      if (told.progress === null) {
        bar.removeAttribute("value");
        line.querySelector("[data-job-step]").textContent = told.step;
      } else {
        showProgress(line, told);
      }
    },
    link(href) {
      const anchor = document.createElement("a");
      Object.assign(anchor, { href, textContent: name });
      title.replaceChildren(anchor);
    },
    done(found, href) {
      settle("completed");
      line.querySelector("[data-job-step]").textContent = `100 % Complete: ${found}`;
      const open = document.createElement("a");
      Object.assign(open, { href: `${href}fill/`, className: "button button-small", textContent: "Fill" });
      open.setAttribute("aria-label", `Fill ${name}`);
      actions.replaceChildren(open);
    },
    fail(message, again) {
      line.hidden = true;
      problem.hidden = false;
      problem.textContent = message;
      actions.replaceChildren();
      if (!again) return;
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "button button-small", textContent: "Try again" });
      button.setAttribute("aria-label", `Try ${name} again`);
      button.addEventListener("click", again);
      actions.replaceChildren(button);
    },
  };
}
