// Follow a job: over its WebSocket, resuming where it broke off; by asking now and then where there is no socket.
// Elements with data-follow-job show its progress by themselves (see _progress.html).

const POLL_MS = 1500;
const RETRY_MS = [500, 1000, 2000];
const ENDINGS = ["completed", "failed", "cancelled"];

export function csrfToken() {
  return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}

/** JSON of the API; an Error with the API's own sentence when it refuses. */
export async function callApi(path, { method = "GET" } = {}) {
  const response = await fetch(path, { method, headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" } });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error?.message ?? "The server did not answer as it should.");
  return body;
}

const following = new Map();

/**
 * Follow one job until it has ended. `onProgress({progress, step, eta})` for each step of the way,
 * `onEnd({status, result, error})` once. Returns a function that stops following.
 * Whoever follows the same job in this page shares one connection.
 */
export function followJob(id, { onProgress = () => {}, onEnd = () => {} }) {
  const listener = { onProgress, onEnd };
  const known = following.get(id);
  const job = known ?? new Following(id);
  job.listeners.add(listener);
  if (known?.latest) onProgress(known.latest);
  return () => job.leave(listener);
}

class Following {
  listeners = new Set();
  latest = null;
  #after = 0;
  #failures = 0;
  #stopped = false;
  #socket = null;
  #timer = 0;

  constructor(id) {
    this.id = id;
    following.set(id, this);
    this.#connect();
  }

  leave(listener) {
    this.listeners.delete(listener);
    if (!this.listeners.size) this.#stop();
  }

  #stop() {
    this.#stopped = true;
    following.delete(this.id);
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #end(job) {
    if (this.#stopped) return;
    this.#stop();
    for (const listener of [...this.listeners]) listener.onEnd(job);
  }

  #tell(progress, step, eta) {
    this.latest = { progress, step, eta };
    for (const listener of this.listeners) listener.onProgress(this.latest);
  }

  #hear(message) {
    if (this.#stopped) return;
    if (message.type === "completion") return this.#end(message);
    if (message.type === "heartbeat") return;
    this.#after = message.number;
    this.#failures = 0;
    if (message.type !== "job.progressed") return;
    const { progress, step, done, total, eta_seconds: eta } = message.data;
    this.#tell(progress, total ? `${step} (${done} of ${total})` : step, eta);
  }

  async #connect() {
    try {
      const { token } = await callApi("/api/v1/auth/websocket-token", { method: "POST" });
      if (this.#stopped) return;
      const scheme = location.protocol === "https:" ? "wss:" : "ws:";
      const query = `token=${encodeURIComponent(token)}&after=${this.#after}`;
      this.#socket = new WebSocket(`${scheme}//${location.host}/ws/jobs/${this.id}/?${query}`);
      this.#socket.onmessage = (event) => this.#hear(JSON.parse(event.data));
      this.#socket.onclose = () => this.#reconnect();
    } catch {
      this.#reconnect();
    }
  }

  #reconnect() {
    if (this.#stopped) return;
    const wait = RETRY_MS[this.#failures++];
    if (wait === undefined) this.#poll();
    else this.#timer = setTimeout(() => this.#connect(), wait);
  }

  async #poll() {
    if (this.#stopped) return;
    try {
      const job = await callApi(`/api/v1/jobs/${this.id}`);
      if (ENDINGS.includes(job.status)) return this.#end(job);
      this.#tell(job.progress, job.current_step, job.eta_seconds);
    } catch { /* the next time, perhaps */ }
    this.#timer = setTimeout(() => this.#poll(), POLL_MS);
  }
}

/** Show progress in a .progress-line. */
export function showProgress(line, { progress, step, eta }) {
  const bar = line.querySelector("progress");
  bar.value = progress;
  bar.textContent = `${progress} %`;
  line.querySelector("[data-job-step]").textContent = step ? `${progress} % ${step}` : "Waiting for a worker";
  line.querySelector("[data-job-left]").textContent = eta == null || progress >= 100 ? "" : `about ${Math.max(1, eta)} s left`;
}

const followed = new Map();

function followElements() {
  for (const [line, stop] of followed) {
    if (line.isConnected) continue;
    stop();
    followed.delete(line);
  }
  for (const line of document.querySelectorAll("[data-follow-job]")) {
    if (followed.has(line)) continue;
    followed.set(line, followJob(line.dataset.followJob, {
      onProgress: (told) => showProgress(line, told),
      onEnd: () => ended(line),
    }));
  }
}

function ended(line) {
  if (line.dataset.jobEnded === "reload") location.reload();
  else for (const name of ["templates-changed", "documents-changed"]) document.body.dispatchEvent(new Event(name));
}

followElements();
document.addEventListener("htmx:afterSettle", followElements);
