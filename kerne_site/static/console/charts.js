// Draws every [data-chart] from its JSON. The server sends {figure, caption, empty};
// colours come from the page's own tokens, so that light and dark are one place.

const CONFIG = {
  displaylogo: false,
  showSendToCloud: false,
  responsive: true,
  modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
};
const READ_AGAIN_MS = 60_000;

// light-dark() resolves only on a real property of a real element.
function token(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function themed(layout) {
  const [ink, muted, grid] = [token("ink"), token("ink-2"), token("chart-grid")];
  const axis = { gridcolor: grid, linecolor: grid, zerolinecolor: muted, tickcolor: grid };
  return {
    ...layout,
    title: undefined, // the caption above the chart says it
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: ink },
    hoverlabel: { bgcolor: token("surface"), bordercolor: muted, font: { color: ink } },
    margin: { l: 8, r: 12, t: 26, b: 8 },
    legend: { ...layout.legend, x: 0, xref: "paper", y: 0, yref: "container", yanchor: "bottom" },
    annotations: (layout.annotations ?? []).map((note) => (
      note.bordercolor ? { ...note, bgcolor: token("surface") } : note
    )),
    xaxis: { ...layout.xaxis, ...axis },
    // With a standoff the title moves away from long ticks instead of lying on them.
    yaxis: { ...layout.yaxis, ...axis, title: { standoff: 10, ...layout.yaxis?.title } },
  };
}

function say(place, text, isShort = false) {
  const state = place.querySelector("[data-chart-state]");
  state.textContent = text;
  state.classList.toggle("short", isShort); // no screen of white for "nothing"
  state.hidden = !text;
  place.querySelector("[data-chart-plot]").hidden = Boolean(text);
}

async function load(place) {
  const asked = place.dataset.chart;
  place.readFrom = asked;
  place.turn = (place.turn ?? 0) + 1;
  const { turn } = place;
  const answer = await fetch(asked, { credentials: "same-origin" });
  if (answer.redirected) return location.reload();
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const chart = await answer.json();
  if (place.turn !== turn) return; // asked anew meanwhile
  place.chart = chart;
  document.dispatchEvent(new Event("kerne:answered"));
  return draw(place);
}

async function draw(place) {
  const chart = place.chart;
  if (!chart) return;
  const caption = place.querySelector("figcaption");
  if (caption) caption.textContent = chart.caption;
  if (chart.empty) {
    say(place, chart.empty, true);
    return;
  }
  say(place, "");
  const plot = place.querySelector("[data-chart-plot]");
  await Plotly.react(plot, chart.figure.data, themed(chart.figure.layout), CONFIG);
  if (!place.opens) plot.on("plotly_click", (event) => open(hit(plot, event)?.customdata));
  place.opens = true;
  place.dataset.drawn = "yes";
  place.dispatchEvent(new Event("kerne:drawn", { bubbles: true }));
}

// One label tells all marks of a day, so a click there names them all: what was meant is
// the dot under the pointer, else the bar that it is in.
const DOT_PX = 7;
function hit(plot, { points, event }) {
  if (points.length < 2) return points[0];
  const axis = points[0].yaxis;
  const pixel = event.clientY - plot.getBoundingClientRect().top - axis._offset;
  const dot = points.find((point) => (
    point.data.type !== "bar" && Math.abs(axis.d2p(point.y) - pixel) <= DOT_PX
  ));
  const bar = points.find((point) => (
    point.data.type === "bar" && (axis.p2d(pixel) >= 0) === (point.y >= 0)
      && Math.abs(axis.p2d(pixel)) <= Math.abs(point.y)
  ));
  return dot ?? bar ?? points[0];
}

// A mark may carry the address of the rows that it is the sum of, always one of ours.
function open(address) {
  if (typeof address === "string" && /^\/[^/]/.test(address)) location.assign(address);
}

function read(place) {
  load(place).catch((error) => {
    if (!place.chart) say(place, `The chart could not be read (${error.message}). It is tried again every minute; the table below has the same rows.`);
  });
}

const places = [...document.querySelectorAll("[data-chart]")];
places.forEach(read);
setInterval(() => {
  if (!document.hidden && document.getElementById("live-chip")?.dataset.state !== "paused") places.forEach(read);
}, READ_AGAIN_MS);
document.addEventListener("kerne:refresh", () => places.forEach(read));
document.addEventListener("kerne:theme", () => places.forEach(draw));
// A page that changed the address of a chart says so, or that the same address now
// has another answer (`anew`): a drawing must not contradict the figures beside it.
document.addEventListener("kerne:charts", (event) => {
  const anew = Boolean(event.detail?.anew);
  places.filter((place) => anew || place.dataset.chart !== place.readFrom).forEach(read);
});
