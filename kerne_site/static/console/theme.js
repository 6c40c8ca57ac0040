// The theme goes round auto, light, dark. A cookie tells the server, so that the next
// page comes in the right colours without a flash.

const ORDER = ["auto", "light", "dark"];
const root = document.documentElement;
const button = document.getElementById("theme");

button?.addEventListener("click", () => {
  const next = ORDER[(ORDER.indexOf(root.dataset.theme) + 1) % ORDER.length];
  root.dataset.theme = next;
  button.title = `Theme: ${next}`;
  button.setAttribute("aria-label", button.title);
  document.cookie = `kerne-theme=${next}; path=/; max-age=31536000; samesite=lax`;
  document.dispatchEvent(new Event("kerne:theme"));
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new Event("kerne:theme"));
});
