// Several rows at once: a box for all of them that also shows that some are ticked, and
// how many are. Without this the box for all is a field of the form like the others.

const all = document.querySelector("[data-select-all]");

if (all) {
  const said = document.getElementById("selected");
  const boxes = () => [...document.querySelectorAll("[data-pick]")];
  const ours = () => boxes().filter((box) => box.name === all.dataset.selectAll);

  function count() {
    const ticked = boxes().filter((box) => box.checked).length;
    const rows = ours();
    const own = rows.filter((box) => box.checked).length;
    all.checked = rows.length > 0 && own === rows.length;
    all.indeterminate = own > 0 && own < rows.length;
    said.textContent = ticked ? `${ticked} selected; numbers wait meanwhile` : "";
  }

  all.removeAttribute("name"); // what is ticked is sent by its name
  all.addEventListener("change", () => {
    for (const box of ours()) box.checked = all.checked;
    count();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-pick]")) count();
  });
  document.addEventListener("htmx:afterSettle", count);
  count();
}
