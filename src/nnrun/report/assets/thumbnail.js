/** Small pictures of fits for the table, as plain SVG: a thousand of them are a thousand short paths. */

import { column, plotted } from "./data.js";
import { colours, GROUPS } from "./look.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, EDGE] = [96, 52, 3];
const [POINTS, STEPS] = [36, 64];
const LEFT = 0.75;
const FIELDS = [24, 13];

/** The limits of numbers that a picture of `data` has, with those `lines` that stay near the data. */
export function spread(data, lines = [], margin = 0.06) {
  const core = reach(data) || reach(lines) || [0, 1];
  const room = LEFT * (core[1] - core[0] || 1);
  let [low, high] = core;
  for (const line of lines) {
    const own = reach([line]);
    if (own && own[0] >= core[0] - room && own[1] <= core[1] + room) [low, high] = [Math.min(low, own[0]), Math.max(high, own[1])];
  }
  const extra = margin * (high - low) || 0.1 * Math.abs(low) || 0.5;
  return [low - extra, high + extra];
}

/** A picture of what a run has learned. */
export function thumbnail(run, name) {
  const svg = made("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Fit of ${name}`, class: "thumbnail" });
  if (plotted(run, "region") && plotted(run, "train_class") && plotted(run, "train_x")) plane(svg, run);
  else if (plotted(run, "confusion")) classes(svg, plotted(run, "confusion"));
  else if (plotted(run, "grid")) fit(svg, run);
  else if (plotted(run, "train_prediction")) against(svg, run);
  else svg.append(made("line", { x1: 40, x2: 56, y1: HEIGHT / 2, y2: HEIGHT / 2, class: "none" }));
  return svg;
}

function fit(svg, run) {
  const [grid, line] = [column(plotted(run, "grid"), 0), column(plotted(run, "grid_prediction"), 0)];
  const truth = plotted(run, "grid_truth");
  const data = plotted(run, "train_y") ? column(plotted(run, "train_y"), 0) : line;
  const lines = truth ? [line, column(truth, 0)] : [line];
  const at = scaled(spread([grid], [], 0), spread([data], lines));
  if (plotted(run, "train_x")) dots(svg, at, column(plotted(run, "train_x"), 0), data);
  svg.append(path(at, grid, line, "model"));
}

function against(svg, run) {
  const [y, said] = [column(plotted(run, "train_y"), 0), column(plotted(run, "train_prediction"), 0)];
  const both = spread([y]);
  const at = scaled(both, both);
  svg.append(path(at, both, both, "even"));
  dots(svg, at, y, said, "model");
}

function classes(svg, confusion) {
  const [rows, columns] = confusion.shape;
  const side = Math.min((WIDTH - 2 * EDGE) / columns, (HEIGHT - 2 * EDGE) / rows);
  const left = (WIDTH - side * columns) / 2;
  for (let row = 0; row < rows; row += 1) {
    const own = confusion.values.subarray(row * columns, (row + 1) * columns);
    const total = own.reduce((sum, value) => sum + value, 0) || 1;
    own.forEach((value, at) => {
      const place = { x: left + at * side, y: EDGE + row * side, width: side, height: side };
      if (value > 0) svg.append(made("rect", { ...place, class: "cell", "fill-opacity": (value / total).toFixed(2) }));
    });
  }
  const frame = { x: left, y: EDGE, width: side * columns, height: side * rows };
  svg.append(made("rect", { ...frame, class: "frame" }));
}

/** Which class has which field of a coarse lattice, a path for each class, and points of the data. */
function plane(svg, run) {
  const [region, across, along] = ["region", "region_across", "region_along"].map((name) => plotted(run, name));
  const count = plotted(run, "confusion")?.shape[0] ?? 2;
  // Names of colours, where there is one for each: they follow the page from light to dark.
  const hues = colours(count, false).map((hue, own) => (count <= GROUPS ? `var(--group-${own + 1})` : hue));
  const [rows, columns] = region.shape;
  const [width, height] = [(WIDTH - 2 * EDGE) / FIELDS[0], (HEIGHT - 2 * EDGE) / FIELDS[1]];
  const owner = (value) => (count === 2 ? Number(value > 127) : value);
  const paths = hues.map(() => "");
  for (let row = 0; row < FIELDS[1]; row += 1) {
    for (let at = 0; at < FIELDS[0]; at += 1) {
      const [line, place] = [Math.floor(((FIELDS[1] - 0.5 - row) / FIELDS[1]) * rows), Math.floor(((at + 0.5) / FIELDS[0]) * columns)];
      const own = owner(region.values[line * columns + place]);
      if (own < count) paths[own] += `M${(EDGE + at * width).toFixed(1)} ${(EDGE + row * height).toFixed(1)}h${width.toFixed(2)}v${height.toFixed(2)}h-${width.toFixed(2)}z`;
    }
  }
  paths.forEach((d, own) => svg.append(made("path", { d, style: `fill:${hues[own]};fill-opacity:0.4;stroke:none` })));
  const at = scaled([...across.values], [...along.values]);
  const [x, y] = [0, 1].map((feature) => column(plotted(run, "train_x"), feature));
  const classes = plotted(run, "train_class").values;
  const step = Math.max(1, x.length / POINTS);
  const marks = hues.map(() => "");
  for (let place = 0; place < x.length; place += step) {
    const [index, own] = [Math.floor(place), classes[Math.floor(place)]];
    const point = at(x[index], y[index]);
    if (point && own < count) marks[own] += `M${point}h0`;
  }
  marks.forEach((d, own) => svg.append(made("path", { d, class: "dots", style: `stroke:${hues[own]}` })));
}

function dots(svg, at, x, y, kind = "data") {
  const step = Math.max(1, x.length / POINTS);
  let d = "";
  for (let place = 0; place < x.length; place += step) {
    const point = at(x[Math.floor(place)], y[Math.floor(place)]);
    if (point) d += `M${point}h0`;
  }
  svg.append(made("path", { d, class: `dots ${kind}` }));
}

function path(at, x, y, kind) {
  const step = Math.max(1, (x.length - 1) / STEPS);
  let [d, pen] = ["", "M"];
  for (let place = 0; place <= x.length - 1; place += step) {
    const point = at(x[Math.round(place)], y[Math.round(place)]);
    d += point ? `${pen}${point}` : "";
    pen = point ? "L" : "M";
  }
  return made("path", { d, class: kind });
}

/** Places in the picture; null for what is far outside it. */
function scaled([left, right], [low, high]) {
  return (x, y) => {
    const across = EDGE + ((x - left) / (right - left)) * (WIDTH - 2 * EDGE);
    const down = HEIGHT - EDGE - ((y - low) / (high - low)) * (HEIGHT - 2 * EDGE);
    return Math.abs(down) < 10 * HEIGHT ? `${across.toFixed(1)} ${down.toFixed(1)}` : null;
  };
}

function reach(lines) {
  let [low, high] = [Infinity, -Infinity];
  for (const line of lines) {
    for (const value of line) {
      if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
  }
  return low <= high ? [low, high] : null;
}

function made(tag, attributes) {
  const shape = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
  return shape;
}
