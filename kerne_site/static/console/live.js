// One heartbeat for the page: every part with data-live listens to "tick" on the body.
// It stops while the tab is hidden, while the reader has something open or types, and
// slows down when nobody touches the page. The chip in the header says which.

const chip = document.getElementById("live-chip");
const words = document.getElementById("live-words");
const BUSY_SECONDS = 5;
const SLOWER = [[60, 10], [300, 30], [900, 60]]; // idle for, then every [s]

let paused = sessionStorage.getItem("kerne-paused") === "yes";
let offline = false;
let touchedAt = Date.now();
let answeredAt = Date.now();
let tickedAt = Date.now();

function interval() {
  const idle = (Date.now() - touchedAt) / 1000;
  return SLOWER.reduce((every, [after, slower]) => (idle > after ? slower : every), BUSY_SECONDS);
}

function held() {
  if (document.querySelector("dialog[open], details[data-hold][open], input[data-hold]:checked")) return true;
  const focused = document.activeElement;
  if (focused?.matches("input, textarea, select") && !focused.matches("[data-live-ok]")) return true;
  return !(getSelection()?.isCollapsed ?? true);
}

function show() {
  if (!chip) return;
  const age = Math.round((Date.now() - answeredAt) / 1000);
  const old = age < 90 ? `${age} s ago` : `${Math.round(age / 60)} min ago`;
  let state = "live";
  if (!document.querySelector("[data-live]:not(#silence, #alert-badge), [data-chart]")) state = "still";
  else if (paused) state = "paused";
  else if (offline) state = "offline";
  const label = { live: held() ? "Held" : "Live", paused: "Paused", offline: "Offline", still: "" };
  if (chip.dataset.state !== state) {
    chip.dataset.state = state;
    document.dispatchEvent(new Event("kerne:heard"));
  }
  words.textContent = `${label[state]} · ${old}`;
  chip.title = {
    live: "Numbers are read again by themselves; they wait while you type or have something open. Click to pause.",
    paused: "Paused. Click to go on.",
    offline: "The console does not answer. It is asked again and again.",
    still: "",
  }[state];
}

function tick() {
  tickedAt = Date.now();
  htmx.trigger(document.body, "tick");
}

setInterval(() => {
  const due = (Date.now() - tickedAt) / 1000 >= interval();
  if (due && !paused && !document.hidden && !held()) tick();
  show();
}, 1000);

for (const name of ["pointermove", "keydown", "scroll"]) {
  addEventListener(name, () => { touchedAt = Date.now(); }, { passive: true });
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !paused && !held()) tick();
});
document.addEventListener("kerne:refresh", () => { if (!held()) tick(); });
document.addEventListener("kerne:answered", () => { answeredAt = Date.now(); offline = false; show(); });

chip?.addEventListener("click", () => {
  paused = !paused;
  sessionStorage.setItem("kerne-paused", paused ? "yes" : "no");
  if (!paused) tick();
  show();
});

document.body.addEventListener("htmx:beforeSwap", (event) => {
  // The session ended: the answer is the login page, which has no place in a fragment.
  if (new URL(event.detail.xhr.responseURL, location.href).pathname.startsWith("/login")) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.elt.closest("[data-live]")) return;
  offline = !event.detail.successful;
  if (!offline) answeredAt = Date.now();
  show();
});
show();
