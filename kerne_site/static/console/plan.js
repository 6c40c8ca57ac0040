// The plan page: sliders answer at once, the figures follow, the address keeps it all.

const form = document.getElementById("plan-form");

// A slider and its box are one value; the box is what is sent.
function pairs() {
  return [...document.querySelectorAll("[data-slider]")].map((slider) => (
    [slider, form.elements[slider.dataset.slider]]
  ));
}

function shownBy(slider) {
  const value = Number(slider.value);
  const said = document.getElementById(`${slider.id}-said`);
  if (!said) return;
  if (slider.dataset.unit === "%") said.textContent = `${Math.round(value * 100)} %`;
  else said.textContent = `× ${value.toFixed(2)}`;
}

for (const [slider, box] of pairs()) {
  slider.value = box.value || slider.dataset.base;
  shownBy(slider);
  slider.addEventListener("input", () => {
    box.value = Number(slider.value) === Number(slider.dataset.base) ? "" : slider.value;
    shownBy(slider);
  });
  box.addEventListener("change", () => {
    slider.value = box.value || slider.dataset.base;
    shownBy(slider);
  });
}

// Other requests start the mix's sliders elsewhere; one that was turned stays put.
document.body.addEventListener("htmx:afterSettle", () => {
  const results = document.getElementById("plan-results");
  for (const [slider, box] of pairs()) {
    const start = results?.getAttribute(`data-start-${slider.dataset.slider}`);
    if (!start || start === slider.dataset.base) continue;
    slider.dataset.base = start;
    box.placeholder = start;
    if (!box.value) slider.value = start;
    shownBy(slider);
  }
});

document.getElementById("plan-reset")?.addEventListener("click", () => {
  for (const [slider, box] of pairs()) {
    slider.value = slider.dataset.base;
    box.value = "";
    shownBy(slider);
  }
  htmx.trigger(form, "change");
});

// Empty fields do not belong in an address.
form.addEventListener("htmx:configRequest", (event) => {
  const kept = event.detail.parameters;
  for (const name of [...new Set(kept.keys())]) {
    const values = kept.getAll(name).filter((value) => value !== "");
    kept.delete(name);
    values.forEach((value) => kept.append(name, value));
  }
});

// Speeds that arrive change the answer to the same question.
const stillWaiting = () => document.getElementById("plan-results")?.dataset.waiting;
let waited = stillWaiting();

// Charts stand outside of what is swapped, so that they keep their zoom.
function moveCharts() {
  for (const place of document.querySelectorAll("[data-chart-of-plan]")) {
    place.dataset.chart = `${place.dataset.chartOfPlan}${location.search}`;
  }
  for (const part of document.querySelectorAll("[data-table-of-plan]")) {
    part.setAttribute("hx-get", `${part.dataset.tableOfPlan}${location.search}`);
  }
  const anew = stillWaiting() !== waited;
  waited = stillWaiting();
  document.dispatchEvent(new CustomEvent("kerne:charts", { detail: { anew } }));
}
document.body.addEventListener("htmx:replacedInHistory", moveCharts);
document.body.addEventListener("htmx:afterSettle", moveCharts);

// What somebody opened stays open, and a question's focus where it was.
let opened = [];
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "plan-results") return;
  const all = document.querySelectorAll("#plan-results details[id], #plan-list details[id]");
  opened = [...all].filter((part) => part.open).map((part) => part.id);
});
document.body.addEventListener("htmx:afterSettle", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  opened = [];
});

// Another model has other traffic and other prices: what was filled in for the last one
// would be told of the next.
const OF_ONE_MODEL = [
  "prompt_tokens", "cached_share", "completion_tokens", "max_model_len", "cached_if",
  "completion_if", "mix",
  "price_prompt", "price_cached", "price_completion", "price_factor", "option", "compare",
];
form.elements.model.addEventListener("change", (event) => {
  event.stopPropagation(); // the form would ask with the old model's traffic
  const kept = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value && !OF_ONE_MODEL.includes(name)) kept.append(name, value);
  }
  location.assign(`${form.action}?${kept}`);
});

// A dot of the scatter is an option: a click chooses it.
document.addEventListener("kerne:drawn", (event) => {
  const plot = event.target.querySelector("[data-chart-plot]");
  if (event.target.dataset.picks !== "option" || plot.dataset.listens) return;
  plot.dataset.listens = "yes";
  plot.on("plotly_click", ({ points }) => {
    const key = points[0]?.customdata;
    if (!key) return;
    const address = new URL(location.href);
    address.searchParams.set("option", key);
    location.href = address;
  });
});
