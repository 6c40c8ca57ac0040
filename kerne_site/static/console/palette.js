// Ctrl-K or Cmd-K: one field that finds pages, deployments, pods, models and plan sheets.
// The words stay in the field, the arrows choose, Enter opens. Nothing is done from here.

const dialog = document.getElementById("palette");
const field = document.getElementById("palette-words");
const list = document.getElementById("palette-list");
const ANSWER_MS = 10_000;
let turn = 0;
let asks = false;
let typedMeanwhile = false;

function options() {
  return [...list.querySelectorAll("a[role=option]")];
}

function choose(step) {
  const all = options();
  if (!all.length) return field.removeAttribute("aria-activedescendant");
  const now = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
  const next = all[(now + step + all.length) % all.length];
  for (const each of all) each.setAttribute("aria-selected", String(each === next));
  field.setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({ block: "nearest" });
}

async function find() {
  const mine = ++turn;
  const asked = `${dialog.dataset.address}?q=${encodeURIComponent(field.value)}`;
  try {
    const answer = await fetch(asked, {
      credentials: "same-origin", headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (answer.redirected) return location.reload();
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const found = await answer.text();
    if (mine !== turn) return; // other words meanwhile
    list.innerHTML = found;
    choose(0);
  } catch (error) {
    if (mine === turn) list.textContent = `The console did not answer (${error.message}). Type again.`;
  }
}

// The first letter asks at once. What is typed while the answer is on its way is asked for
// when it is there: one question at a time, and no wait that a slow hand pays for.
async function follow() {
  typedMeanwhile = asks;
  if (asks) return;
  asks = true;
  await find();
  asks = false;
  if (typedMeanwhile) follow();
}

function opens() {
  if (document.querySelector("dialog[open]")) return;
  field.value = "";
  list.replaceChildren();
  dialog.showModal();
  follow();
}

if (dialog) {
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      opens();
    }
  });
  document.getElementById("palette-open").addEventListener("click", opens);
  field.addEventListener("input", follow);
  field.addEventListener("keydown", async (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      await find(); // what is typed last counts, not what was found before
      list.querySelector("a[aria-selected=true]")?.click();
    }
  });
}

// "Save view" keeps the page with the question that it has now, which a filter may have
// changed since the page came.
document.getElementById("keep-view")?.addEventListener("submit", (event) => {
  event.target.elements.address.value = location.pathname + location.search;
});
