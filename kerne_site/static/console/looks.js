// Theme and row height go round their choices. A cookie tells the server, so that the
// next page comes as chosen without a flash.

const root = document.documentElement;

function goesRound(id, order, cookie, label, said) {
  const button = document.getElementById(id);
  button?.addEventListener("click", () => {
    const next = order[(order.indexOf(root.dataset[id]) + 1) % order.length];
    root.dataset[id] = next;
    button.title = `${label}: ${next}`;
    button.setAttribute("aria-label", button.title);
    for (const words of button.querySelectorAll(said)) words.textContent = next;
    document.cookie = `${cookie}=${next}; path=/; max-age=31536000; samesite=lax`;
    document.dispatchEvent(new Event("kerne:theme"));
  });
}
goesRound("theme", ["auto", "light", "dark"], "kerne-theme", "Theme", "[data-theme-said]");
goesRound("density", ["roomy", "dense"], "kerne-density", "Rows", "[data-density-said]");

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new Event("kerne:theme"));
});

// On a small screen the sections stand behind one button.
const menu = document.getElementById("menu");
const sections = document.getElementById("sections");
menu?.addEventListener("click", () => {
  const opens = menu.getAttribute("aria-expanded") !== "true";
  menu.setAttribute("aria-expanded", String(opens));
  sections.toggleAttribute("data-opened", opens);
});
// The page that one is on stands within sight, however long the line is.
document.querySelector(".subnav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
