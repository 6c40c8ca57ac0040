// A table that is larger than its place is scrolled, also by the keyboard: then its place
// takes the focus and says which table it is. One that fits stays out of the way of Tab.

function nameOf(place) {
  const titled = place.closest("[aria-labelledby]");
  const title = titled && document.getElementById(titled.getAttribute("aria-labelledby"));
  const heading = title ?? place.closest("section, figure, main")?.querySelector("h1, h2, h3, figcaption");
  return `${heading?.textContent.trim() || "Table"}, scrolls`;
}

const OURS = ["tabindex", "role", "aria-label", "data-reach"];

function mark() {
  for (const place of document.querySelectorAll(".table-wrap")) {
    const scrolls = place.scrollWidth > place.clientWidth || place.scrollHeight > place.clientHeight;
    if (scrolls && !place.hasAttribute("tabindex")) {
      place.tabIndex = 0;
      place.setAttribute("role", "region");
      place.setAttribute("aria-label", nameOf(place));
      place.dataset.reach = "by key";
    } else if (!scrolls && place.dataset.reach) {
      for (const name of OURS) place.removeAttribute(name);
    }
  }
}

let asked = 0;
function markSoon() {
  cancelAnimationFrame(asked);
  asked = requestAnimationFrame(mark);
}

addEventListener("resize", markSoon);
addEventListener("toggle", markSoon, true); // a table in <details>
document.addEventListener("htmx:afterSettle", markSoon);
mark();
