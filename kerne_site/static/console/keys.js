// Keyboard: "g" and a letter goes to a page, "/" to the filter, "r" reads again, "?" helps,
// and a link with data-press="key" is pressed by that key.

let waitsForPage = 0;

function typing(target) {
  return target.closest?.("input, textarea, select, [contenteditable]");
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (Date.now() < waitsForPage) {
    waitsForPage = 0;
    document.querySelector(`#keys a[data-key="${CSS.escape(event.key)}"]`)?.click();
    return;
  }
  if (event.key === "g") waitsForPage = Date.now() + 1500;
  else if (event.key === "?") document.getElementById("keys")?.showModal();
  else if (event.key === "r") document.dispatchEvent(new Event("kerne:refresh"));
  else if (event.key === "/") {
    const filter = document.querySelector("[data-filter]");
    if (filter) {
      event.preventDefault();
      filter.focus();
    }
  } else if (!event.key.startsWith("Arrow") || !event.target.closest?.("[tabindex]")) {
    // A table that scrolls sideways has the arrows for itself.
    document.querySelector(`[data-press="${CSS.escape(event.key)}"]`)?.click();
  }
});
