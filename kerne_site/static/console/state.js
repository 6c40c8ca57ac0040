// The tab itself says how things are: another shape in the icon, a word in the title.
// Read off the frame's own parts, which read themselves again.

const icon = document.getElementById("icon");
const name = document.title;
const SAID = { blind: "Blind", critical: "Critical", warning: "Warning" };

function state() {
  if (document.querySelector("#silence [data-silent]")) return "blind";
  if (document.getElementById("live-chip")?.dataset.state === "offline") return "blind";
  const worst = document.getElementById("alert-badge")?.dataset.worst ?? "";
  return worst in SAID ? worst : "";
}

function show() {
  const now = state();
  const count = document.querySelector("#alert-badge .count")?.textContent ?? "";
  const number = now && now !== "blind" ? ` ${count}` : "";
  document.title = now ? `(${SAID[now]}${number}) ${name}` : name;
  icon.href = icon.dataset[now || "calm"];
}

document.body.addEventListener("htmx:afterSettle", show);
document.addEventListener("kerne:heard", show);
show();
