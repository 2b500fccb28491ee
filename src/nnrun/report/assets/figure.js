/** Figures: plotly's pictures with one look, a heading, controls, and words for those who do not see them. */

import { element } from "./dom.js";
import { colour, onLook } from "./look.js";

const drawn = new Map();
const PAPER = 680;

const OPTIONS = {
  displaylogo: false,
  displayModeBar: "hover",
  responsive: true,
  scrollZoom: false,
  plotlyServerURL: "",
  // Named one by one: by default there is one that sends the picture to plotly's servers.
  modeBarButtons: [
    [
      "zoom2d",
      "pan2d",
      "resetScale2d",
      {
        name: "save",
        title: "Save as SVG",
        icon: Plotly.Icons.camera,
        click: (place) => Plotly.downloadImage(place, { format: "svg", filename: "nnrun", width: 800, height: 500 }),
      },
    ],
  ],
};

/** A figure with a heading; `draw()` fills it, `say(text)` says in words what it shows. */
export function figure(heading, { controls = [], height = 400, level = "h2" } = {}) {
  const place = element("div", { class: "plot", style: `height:${height}px` });
  const words = element("figcaption", { class: "muted" });
  const title = heading ? element(level, { text: heading }) : null;
  const bar = controls.length ? element("div", { class: "controls" }, ...controls) : null;
  const head = title || bar ? element("div", { class: "head" }, title, bar) : null;
  const whole = element("figure", { "aria-label": heading || "Picture" }, head, place, words);
  return {
    whole,
    place,
    say: (text) => {
      words.textContent = text;
    },
    draw: (make) => {
      drawn.set(place, () => paint(place, make()));
      return drawn.get(place)();
    },
  };
}

/** Moves traces of a figure without drawing the rest again. */
export function restyle(place, changes, traces) {
  return Plotly.restyle(place, changes, traces);
}

/** An axis of a plot with the page's look. */
export function axisOf(title, more = {}) {
  return {
    title: { text: title, standoff: 8 },
    gridcolor: colour("grid"),
    linecolor: colour("frame"),
    tickcolor: colour("frame"),
    zeroline: false,
    showline: true,
    ticks: "outside",
    ticklen: 4,
    automargin: true,
    exponentformat: "power",
    minexponent: 5,
    ...(more.type === "log" ? { nticks: 4, tickformat: ".3~g" } : {}),
    ...more,
  };
}

function paint(place, { traces, layout }) {
  const base = {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif", size: 13, color: colour("ink") },
    margin: { l: 56, r: 16, t: 28, b: 44 },
    hoverlabel: { bgcolor: colour("raised"), bordercolor: colour("frame"), font: { color: colour("ink") } },
    legend: { orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("frame"), activecolor: colour("model") },
    hovermode: "closest",
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    uirevision: "same",
  };
  return Plotly.react(place, traces, { ...base, ...layout }, OPTIONS);
}

/** Draws again what is on the page, in its present colours and size. */
export function redraw() {
  for (const [place, again] of drawn) {
    if (!place.isConnected) drawn.delete(place);
    else if (place.offsetParent) again();
  }
}

/** Has figures follow the page's colours, and the paper's width when it is printed. */
export function startFigures() {
  onLook(redraw);
  const resize = (width) => {
    for (const place of drawn.keys()) {
      if (place.isConnected && place.offsetParent) Plotly.relayout(place, width ? { width, autosize: false } : { width: null, autosize: true });
    }
  };
  addEventListener("beforeprint", () => resize(PAPER));
  addEventListener("afterprint", () => resize(null));
}
