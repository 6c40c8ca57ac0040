// The log of a pod: followed as it comes (Server-Sent Events) while the page is looked
// at, else read again with the page's heartbeat. Filter and place are kept in both.

const MOST_LINES = 2000;
const box = document.getElementById("log");
const follow = document.getElementById("log-follow");
const filter = document.getElementById("log-filter");
const count = document.getElementById("log-count");
const mode = document.getElementById("log-mode");
let source = null;
let fresh = true; // the next line is the first of a new stream

function wanted() {
  return filter.value.trim().toLowerCase();
}

function match(line, word) {
  const hit = !word || line.textContent.toLowerCase().includes(word);
  line.hidden = !hit;
  line.classList.toggle("hit", Boolean(word) && hit);
  return hit;
}

function tell() {
  const shown = box.querySelectorAll("[data-line]:not([hidden])").length;
  const lines = shown === 1 ? "1 line" : `${shown} lines`;
  count.textContent = wanted() ? `${lines} with “${filter.value.trim()}”` : lines;
  if (follow.checked) box.scrollTop = box.scrollHeight;
}

function arrange() {
  const word = wanted();
  for (const line of box.querySelectorAll("[data-line]")) match(line, word);
  tell();
}

let due = false;
function tellSoon() {
  if (due) return;
  due = true;
  setTimeout(() => { due = false; tell(); }, 100);
}

function add({ at, text }) {
  if (fresh) box.replaceChildren();
  fresh = false;
  const line = document.createElement("span");
  line.dataset.line = "";
  line.textContent = `${at ? `${at} ` : ""}${text}\n`;
  match(line, wanted());
  box.append(line);
  while (box.children.length > MOST_LINES) box.firstElementChild.remove();
  tellSoon();
}

function close(words) {
  source?.close();
  source = null;
  mode.textContent = words;
}

function open() {
  if (source || !box.dataset.stream || !window.EventSource || document.hidden) return;
  fresh = true;
  source = new EventSource(box.dataset.stream);
  source.addEventListener("open", () => {
    mode.textContent = `live, last ${MOST_LINES} lines kept`;
    if (fresh) box.firstElementChild.textContent = "No lines so far.";
  });
  source.addEventListener("message", (event) => add(JSON.parse(event.data)));
  source.addEventListener("ended", () => { box.dataset.stream = ""; close("last 200 lines"); });
  source.addEventListener("trouble", (event) => {
    box.dataset.stream = "";
    close(`last 200 lines; not live: ${JSON.parse(event.data).reason}`);
  });
  source.addEventListener("error", () => {
    // The browser comes back by itself, unless the answer was no stream at all.
    if (source?.readyState === EventSource.CLOSED) {
      box.dataset.stream = "";
      close("last 200 lines");
    } else if (source) mode.textContent = "connecting again…";
  });
}

if (box) {
  filter.addEventListener("input", arrange);
  follow.addEventListener("change", tell);
  box.addEventListener("htmx:beforeRequest", (event) => { if (source) event.preventDefault(); });
  box.addEventListener("htmx:beforeSwap", (event) => { if (source && !fresh) event.detail.shouldSwap = false; });
  box.addEventListener("htmx:afterSwap", arrange);
  box.addEventListener("wheel", () => {
    follow.checked = box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
  }, { passive: true });
  // A hidden page holds no connection; it reads the last lines anew when it is back.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close("last 200 lines");
    else open();
  });
  addEventListener("pagehide", () => close("last 200 lines"));
  arrange();
  open();
}
