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

/**
 * Follow one job until it has ended. `onProgress({progress, step, eta})` for each step of the way,
 * `onEnd({status, result, error})` once. Returns a function that stops following.
 */
export function followJob(id, { onProgress = () => {}, onEnd = () => {} }) {
  let after = 0, failures = 0, stopped = false, socket = null, timer = 0;

  function end(job) {
    if (stopped) return;
    stop();
    onEnd(job);
  }

  function stop() {
    stopped = true;
    clearTimeout(timer);
    socket?.close();
  }

  function hear(message) {
    if (message.type === "completion") return end(message);
    after = message.number;
    failures = 0;
    if (message.type === "job.progressed") {
      const { progress, step, done, total, eta_seconds } = message.data;
      onProgress({ progress, step: total ? `${step} (${done} of ${total})` : step, eta: eta_seconds });
    }
  }

  async function connect() {
    try {
      const { token } = await callApi("/api/v1/auth/websocket-token", { method: "POST" });
      if (stopped) return;
      const scheme = location.protocol === "https:" ? "wss:" : "ws:";
      socket = new WebSocket(`${scheme}//${location.host}/ws/jobs/${id}/?token=${encodeURIComponent(token)}&after=${after}`);
      socket.onmessage = (event) => hear(JSON.parse(event.data));
      socket.onclose = reconnect;
    } catch {
      reconnect();
    }
  }

  function reconnect() {
    if (stopped) return;
    const wait = RETRY_MS[failures++];
    timer = wait === undefined ? setTimeout(poll, 0) : setTimeout(connect, wait);
  }

  async function poll() {
    if (stopped) return;
    try {
      const job = await callApi(`/api/v1/jobs/${id}`);
      if (ENDINGS.includes(job.status)) return end(job);
      onProgress({ progress: job.progress, step: job.current_step, eta: job.eta_seconds });
    } catch { /* the next time, perhaps */ }
    timer = setTimeout(poll, POLL_MS);
  }

  connect();
  return stop;
}

/** Show progress in a .progress-line. */
export function showProgress(line, { progress, step, eta }) {
  const bar = line.querySelector("progress");
  bar.value = progress;
  bar.textContent = `${progress} %`;
  line.querySelector("[data-job-step]").textContent = step ? `${progress} % ${step}` : "Waiting for a worker";
  line.querySelector("[data-job-left]").textContent = eta ? `${eta} s left` : "";
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
