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

// Play money is never drawn without its mark, on a screenshot too. A chart that tells how
// many of its days are simulated brings its own.
const WATERMARK = {
  text: "SIMULATED", xref: "paper", x: 0, xanchor: "left", yref: "paper", y: 1,
  yanchor: "bottom", showarrow: false, font: { size: 12 }, bordercolor: "#7F7F7F", borderwidth: 1,
  borderpad: 3,
};

function withWatermark({ annotations = [], meta }) {
  const has = annotations.some(({ text }) => text.startsWith("SIMULATED"));
  return meta?.simulated && !has ? [...annotations, WATERMARK] : annotations;
}

function themed(layout) {
  const [ink, muted, grid] = [token("ink"), token("ink-2"), token("chart-grid")];
  const axis = { gridcolor: grid, linecolor: grid, zerolinecolor: muted, tickcolor: grid };
  const panels = Object.keys(layout).filter((name) => /^yaxis\d*$/.test(name));
  return {
    ...layout,
    title: undefined, // the caption above the chart says it
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: ink },
    hoverlabel: { bgcolor: token("surface"), bordercolor: muted, font: { color: ink } },
    // A column of amounts at the right of the bars says how wide it is.
    margin: { l: 8, r: Math.max(12, layout.meta?.room_right_px ?? 0), t: 26, b: 8 },
    legend: { ...layout.legend, x: 0, xref: "paper", y: 0, yref: "container", yanchor: "bottom" },
    annotations: withWatermark(layout).map((note) => (
      note.bordercolor ? { ...note, bgcolor: token("surface") } : note
    )),
    xaxis: { ...layout.xaxis, ...axis },
    // With a standoff the title moves away from long ticks instead of lying on them.
    ...Object.fromEntries(panels.map((name) => (
      [name, { ...layout[name], ...axis, title: { standoff: 10, ...layout[name].title } }]
    ))),
  };
}

// What happened beside the lines: a dashed line each with its words, shown by kind. A kind
// that somebody hid stays hidden in this browser, on every chart.
const HIDDEN = "kerne-marks-hidden";
const hidden = () => new Set(JSON.parse(localStorage.getItem(HIDDEN) ?? "[]"));
const CLOSE = 1 / 40; // of the width: marks of a kind that near to each other are one
const CORNERS = [["left", "top"], ["right", "top"], ["left", "bottom"], ["right", "bottom"]];

function marked(layout, marks, kinds) {
  const times = marks.map((mark) => Date.parse(mark.at));
  const near = (Math.max(...times) - Math.min(...times)) * CLOSE;
  const shown = [];
  for (const mark of marks.filter((each) => !hidden().has(each.kind))) {
    const last = shown.findLast((each) => each.kind === mark.kind);
    if (last && Date.parse(mark.at) - Date.parse(last.at) <= near) last.words += ` · ${mark.words}`;
    else shown.push({ ...mark });
  }
  const most = innerWidth > 720 ? 30 : 16; // letters; the table has all words
  const line = { width: 1, dash: "dash", color: token("ink-2") };
  return {
    ...layout,
    shapes: [...(layout.shapes ?? []), ...shown.map(({ at }) => (
      { type: "line", x0: at, x1: at, yref: "paper", y0: 0, y1: 1, line }
    ))],
    annotations: [...layout.annotations, ...shown.map(({ at, kind, words }) => {
      const [xanchor, yanchor] = CORNERS[kinds.indexOf(kind) % CORNERS.length];
      const text = words.length > most ? `${words.slice(0, most - 1)}…` : words;
      return { x: at, y: yanchor === "top" ? 1 : 0, yref: "paper", text, // no hovertext: it would take the clicks of the bar below
        showarrow: false, textangle: -90, xanchor, yanchor, font: { size: 10 }, bgcolor: token("surface") };
    })],
  };
}

// One box per kind to tick; made once, so that reading again takes no focus away.
function offer(place, marks) {
  const box = place.querySelector("[data-chart-marks]");
  if (!box) return [];
  const counts = new Map();
  for (const { kind, label } of marks) {
    counts.set(kind, { label, count: (counts.get(kind)?.count ?? 0) + 1 });
  }
  box.hidden = !counts.size;
  for (const [kind, { label, count }] of counts) {
    let tick = box.querySelector(`input[value="${CSS.escape(kind)}"]`);
    if (!tick) {
      tick = Object.assign(document.createElement("input"), { type: "checkbox", value: kind });
      tick.dataset.liveOk = ""; // a tick loses nothing when numbers are read again
      const words = document.createElement("label");
      words.className = "check";
      words.append(tick, document.createElement("span"));
      box.append(words);
    }
    tick.checked = !hidden().has(kind);
    tick.nextSibling.textContent = ` ${label} (${count})`;
  }
  return [...counts.keys()];
}

document.addEventListener("change", (event) => {
  if (!event.target.closest("[data-chart-marks]")) return;
  const kept = hidden();
  kept[event.target.checked ? "delete" : "add"](event.target.value);
  localStorage.setItem(HIDDEN, JSON.stringify([...kept]));
  places.forEach(draw);
});

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

// On a phone each name of a legend has a line of its own: many would leave no room to draw.
const NAMES_BESIDE = 3, NAME_PX = 20;
function heightFor(plot, traces) {
  const more = traces.filter((trace) => trace.name && trace.showlegend !== false).length - NAMES_BESIDE;
  plot.style.height = "";
  return innerWidth > 720 || more <= 0 ? null : plot.clientHeight + more * NAME_PX;
}

async function draw(place) {
  const chart = place.chart;
  if (!chart) return;
  const caption = place.querySelector("figcaption");
  // As the server does it on a page: no line ends between a sign and its dollar.
  if (caption) caption.textContent = chart.caption.replace(/([−+])\$/g, "$1\u2060$$");
  if (chart.empty) {
    say(place, chart.empty, true);
    return;
  }
  say(place, "");
  const plot = place.querySelector("[data-chart-plot]");
  const marks = chart.marks ?? [];
  const kinds = offer(place, marks);
  const layout = zoomed(place, themed(chart.figure.layout));
  const whole = kinds.length ? marked(layout, marks, kinds) : layout;
  const high = whole.height ?? heightFor(plot, chart.figure.data);
  plot.style.height = high ? `${high}px` : ""; // else it lies on what follows
  await Plotly.react(plot, chart.figure.data, whole, place.dataset.range ? SHARED : CONFIG);
  if (!place.opens) {
    plot.on("plotly_click", (event) => open(hit(plot, event)?.customdata));
    if (place.dataset.range) share(place, plot);
  }
  place.opens = true;
  place.dataset.drawn = "yes";
  place.dispatchEvent(new Event("kerne:drawn", { bubbles: true }));
}

// Charts with the same data-range and a time axis show the same stretch of time: a zoom of
// one is the zoom of all, a double click shows all of it in each, and what is pointed at in
// one is told in the others. A chart that is drawn later, or anew, takes the stretch too.
const SHARED = { ...CONFIG, doubleClick: "autosize" }; // else: back to what it was drawn with
const stretches = new Map(); // of each range, as [from, until]; none: all of it

const plotOf = (place) => place.querySelector("[data-chart-plot]");
const isTime = (layout) => layout?.xaxis?.type === "date";

function beside(place) {
  if (!isTime(plotOf(place)._fullLayout)) return [];
  return places.filter((other) => (
    other !== place && other.dataset.range === place.dataset.range
      && other.dataset.drawn && isTime(plotOf(other)._fullLayout)
  ));
}

function zoomed(place, layout) {
  const stretch = stretches.get(place.dataset.range);
  if (!stretch || !isTime(layout)) return layout;
  return { ...layout, xaxis: { ...layout.xaxis, range: [...stretch], autorange: false } };
}

function stretchOf(change) {
  if (change["xaxis.autorange"]) return null;
  const ends = change["xaxis.range"] ?? [change["xaxis.range[0]"], change["xaxis.range[1]"]];
  return ends[0] === undefined || ends[1] === undefined ? undefined : ends;
}

async function lead(place, change) {
  if (place.follows) return; // what another chart made it do leads nobody
  const stretch = stretchOf(change);
  if (stretch === undefined) return;
  if (stretch) stretches.set(place.dataset.range, stretch);
  else stretches.delete(place.dataset.range);
  await Promise.all(beside(place).map(async (other) => {
    const plot = plotOf(other);
    const panels = Object.keys(plot._fullLayout).filter((name) => /^yaxis\d*$/.test(name));
    other.follows = true;
    try {
      await Plotly.relayout(plot, stretch ? { "xaxis.range": [...stretch] } : {
        "xaxis.autorange": true,
        ...Object.fromEntries(panels.map((name) => [`${name}.autorange`, true])),
      });
    } finally {
      other.follows = false;
    }
  }));
}

function share(place, plot) {
  plot.on("plotly_relayout", (change) => lead(place, change));
  // Told without an event of its own, or each would tell the other for ever.
  plot.on("plotly_hover", ({ points }) => beside(place).forEach((other) => {
    const { xaxis } = plotOf(other)._fullLayout;
    Plotly.Fx.hover(plotOf(other), { xval: xaxis.d2c(points[0].x) }, "xy", true);
  }));
  plot.on("plotly_unhover", () => beside(place).forEach((other) => {
    Plotly.Fx.unhover(plotOf(other));
  }));
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
// Paper is light: charts take their colours when they are drawn, so they are drawn anew.
function printed(scheme) {
  document.documentElement.style.colorScheme = scheme;
  places.forEach(draw);
}
addEventListener("beforeprint", () => printed("light"));
addEventListener("afterprint", () => printed(""));
document.addEventListener("kerne:theme", () => places.forEach(draw));
// A page that changed the address of a chart says so, or that the same address now
// has another answer (`anew`): a drawing must not contradict the figures beside it.
document.addEventListener("kerne:charts", (event) => {
  const anew = Boolean(event.detail?.anew);
  places.filter((place) => anew || place.dataset.chart !== place.readFrom).forEach(read);
});
