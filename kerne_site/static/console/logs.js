// The log tail: follow, filter, and keep both when the next lines arrive.

const box = document.getElementById("log");
const follow = document.getElementById("log-follow");
const filter = document.getElementById("log-filter");
const count = document.getElementById("log-count");

function arrange() {
  const wanted = filter.value.trim().toLowerCase();
  let shown = 0;
  for (const line of box.querySelectorAll("[data-line]")) {
    const hit = !wanted || line.textContent.toLowerCase().includes(wanted);
    line.hidden = !hit;
    line.classList.toggle("hit", Boolean(wanted) && hit);
    shown += hit ? 1 : 0;
  }
  const lines = shown === 1 ? "1 line" : `${shown} lines`;
  count.textContent = wanted ? `${lines} with “${filter.value.trim()}”` : lines;
  if (follow.checked) box.scrollTop = box.scrollHeight;
}

if (box) {
  filter.addEventListener("input", arrange);
  follow.addEventListener("change", arrange);
  box.addEventListener("htmx:afterSwap", arrange);
  box.addEventListener("wheel", () => {
    follow.checked = box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
  }, { passive: true });
  arrange();
}
