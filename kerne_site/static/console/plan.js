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
    box.value = slider.value === slider.dataset.base ? "" : slider.value;
    shownBy(slider);
  });
  box.addEventListener("change", () => {
    slider.value = box.value || slider.dataset.base;
    shownBy(slider);
  });
}

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

// Charts stand outside of what is swapped, so that they keep their zoom.
function moveCharts() {
  for (const place of document.querySelectorAll("[data-chart-of-plan]")) {
    place.dataset.chart = `${place.dataset.chartOfPlan}${location.search}`;
  }
  for (const part of document.querySelectorAll("[data-table-of-plan]")) {
    part.setAttribute("hx-get", `${part.dataset.tableOfPlan}${location.search}`);
  }
  document.dispatchEvent(new Event("kerne:charts"));
}
document.body.addEventListener("htmx:replacedInHistory", moveCharts);
document.body.addEventListener("htmx:afterSettle", moveCharts);

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
