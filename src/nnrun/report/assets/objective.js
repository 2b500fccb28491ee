/** The objective of all runs over what was swept: one axis as points and medians, two as a map. */

import { axes, caption, comparable, content, runs } from "./data.js";
import { choice } from "./dom.js";
import { axisOf, figure } from "./figure.js";
import { counted, median, number, plain } from "./format.js";
import { colour, colours } from "./look.js";

const WIDE = 8;
const MOST_WORDS = 80;

/** The figure; null where there is nothing to compare. `open` shows a run by its place. */
export function objectiveFigure(open) {
  const { name } = content.objective;
  if (runs.length < 2 || !name || runs.every((run) => run.objective === null)) return null;
  const settings = axes.filter((axis) => !axis.seed && axis.key !== "run");
  const usable = settings.length ? settings : axes.slice(0, 1);
  const first = comparable ? usable[0] : usable.reduce((best, axis) => (kindsAlong(axes.indexOf(axis)).length > kindsAlong(axes.indexOf(best)).length ? axis : best));
  const chosen = { x: first.key, y: comparable ? (usable[1]?.key ?? "") : "" };
  const pairs = usable.map((axis) => [axis.key, axis.name]);
  const controls = [];
  const measure = comparable || content.kinds.every((kind) => kind.name === name || !kind.name) ? name : "objective";
  const shown = figure(`${measure} over ${usable.map((axis) => axis.name).join(", ")}`, { controls, height: 420 });
  const draw = () => {
    const [x, y] = [indexOf(chosen.x), chosen.y && chosen.y !== chosen.x ? indexOf(chosen.y) : -1];
    if (!comparable) {
      shown.say(kindWords(x));
      return shown.draw(() => alongKinds(x, measure));
    }
    shown.say(y < 0 ? alongWords(x) : mapWords(x, y));
    return shown.draw(() => (y < 0 ? along(x) : map(x, y)));
  };
  if (usable.length > 1) {
    const bar = document.createElement("div");
    bar.className = "controls";
    const pick = (key) => (value) => {
      chosen[key] = value;
      draw();
    };
    bar.append(choice("Across", pairs, chosen.x, pick("x")), ...(comparable ? [choice("Up", [["", "the objective"], ...pairs], chosen.y, pick("y"))] : []));
    shown.whole.firstChild.append(bar);
  }
  shown.start = () => {
    draw();
    shown.place.on("plotly_click", ({ points }) => {
      const place = points[0].customdata;
      if (Number.isInteger(place)) open(place);
    });
  };
  return shown;
}

/** Runs by their value on an axis: {objective of each, place of the run in the middle}. */
function grouped(of) {
  const groups = new Map();
  runs.forEach((run, place) => {
    const key = of(run).join();
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(place);
  });
  return groups;
}

function along(index) {
  const axis = axes[index];
  const { greater, name } = content.objective;
  const at = (place) => (axis.numbers ? axis.numbers[place] : axis.values[place]);
  const good = [...runs.keys()].filter((place) => runs[place].objective !== null);
  const lost = [...runs.keys()].filter((place) => runs[place].objective === null);
  const medians = axis.values.map((_, place) => median(runs.filter((run) => run.place[index] === place).map((run) => run.objective), greater));
  const known = good.map((place) => runs[place].objective);
  const log = Math.min(...known) > 0 && Math.max(...known) > WIDE * Math.min(...known);
  const hover = (place) => plain(`${caption(runs[place])}`);
  const traces = [
    {
      x: good.map((place) => at(runs[place].place[index])),
      y: known,
      customdata: good,
      text: good.map(hover),
      name: "one run",
      mode: "markers",
      marker: { color: colour("data"), size: good.length > 300 ? 5 : 7, opacity: good.length > 300 ? 0.45 : 0.7 },
      hovertemplate: "%{text}<br>%{y:.4g}<extra></extra>",
    },
  ];
  if (runs.length > axis.values.length) {
    traces.push({
      x: axis.values.map((_, place) => at(place)),
      y: medians,
      name: "median",
      mode: axis.values.length > 40 ? "lines" : "lines+markers",
      line: { color: colour("model"), width: 2.6 },
      marker: { size: 8 },
      hovertemplate: "%{x}<br>median %{y:.4g}<extra></extra>",
    });
  }
  const top = log ? Math.max(...known) * 1.6 : Math.max(...known) + 0.08 * (Math.max(...known) - Math.min(...known) || 1);
  if (lost.length) {
    traces.push({
      x: lost.map((place) => at(runs[place].place[index])),
      y: lost.map(() => top),
      customdata: lost,
      text: lost.map((place) => plain(`${caption(runs[place])}<br>${runs[place].status}`).replace("&lt;br&gt;", "<br>")),
      name: "diverged or failed",
      mode: "markers",
      marker: { symbol: "triangle-up", size: 10, color: colour("alarm"), opacity: 0.85 },
      hovertemplate: "%{text}<extra></extra>",
    });
  }
  for (const [key, words, dash] of [["truth", "floor", "dash"], ["constant", "constant guess", "dot"]]) {
    const value = content.reference[key];
    if (value !== undefined && name === "train/loss" && !(log && value <= 0)) {
      const ends = axis.numbers ? [Math.min(...axis.numbers), Math.max(...axis.numbers)] : [axis.values[0], axis.values[axis.values.length - 1]];
      traces.push({ x: ends, y: [value, value], name: `${words} ${number(value)}`, mode: "lines", line: { color: colour("muted"), width: 1.4, dash }, hoverinfo: "skip" });
    }
  }
  const scale = axis.numbers ? (axis.log ? "log" : "linear") : "category";
  return { traces, layout: { xaxis: axisOf(plain(axis.key), { type: scale }), yaxis: axisOf(plain(name), { type: log ? "log" : "linear" }) } };
}

/** The median at each value of an axis, of the runs of one kind; null where it has none there. */
function mediansOf(kind, index) {
  return axes[index].values.map((_, place) => {
    const own = runs.filter((run) => run.kind === kind && run.place[index] === place);
    return own.length ? median(own.map((run) => run.objective), content.kinds[kind].greater) : null;
  });
}

/** Kinds of runs that have several values on an axis, so that something can be said along it. */
function kindsAlong(index) {
  return [...content.kinds.keys()].filter((kind) => content.kinds[kind].name && new Set(runs.filter((run) => run.kind === kind).map((run) => run.place[index])).size > 1);
}

/** Runs that are judged by different things: points and medians of each kind in a colour of its own. */
function alongKinds(index, measure) {
  const axis = axes[index];
  const at = (place) => (axis.numbers ? axis.numbers[place] : axis.values[place]);
  const shown = [...content.kinds.keys()].filter((kind) => content.kinds[kind].name);
  const hues = colours(shown.length, false);
  const lines = kindsAlong(index);
  const traces = shown.flatMap((kind, place) => {
    const own = [...runs.keys()].filter((run) => runs[run].kind === kind && runs[run].objective !== null);
    const name = plain(content.kinds[kind].label);
    const points = {
      x: own.map((run) => at(runs[run].place[index])),
      y: own.map((run) => runs[run].objective),
      customdata: own,
      text: own.map((run) => plain(caption(runs[run]))),
      name,
      mode: "markers",
      marker: { color: hues[place], size: 7, opacity: 0.7 },
      hovertemplate: `%{text}<br>%{y:.4g}<extra></extra>`,
    };
    if (!lines.includes(kind)) return [points];
    const tried = [...axis.values.keys()].filter((value) => runs.some((run) => run.kind === kind && run.place[index] === value));
    const middle = mediansOf(kind, index); // a gap is left where they diverged, none where others alone were tried
    const medians = { x: tried.map(at), y: tried.map((value) => middle[value]), name: `${name}: median`, mode: "lines", connectgaps: false, line: { color: hues[place], width: 2.2 }, hovertemplate: `${name}<br>%{x}<br>median %{y:.4g}<extra></extra>` };
    return [points, medians];
  });
  const known = runs.map((run) => run.objective).filter((value) => value !== null);
  const log = Math.min(...known) > 0 && Math.max(...known) > WIDE * Math.min(...known);
  const order = axis.numbers ? {} : { categoryorder: "array", categoryarray: axis.values };
  return { traces, layout: { xaxis: axisOf(plain(axis.key), { type: axis.numbers ? (axis.log ? "log" : "linear") : "category", ...order }), yaxis: axisOf(plain(measure), { type: log ? "log" : "linear" }) } };
}

function kindWords(index) {
  const best = kindsAlong(index).flatMap((kind) => {
    const { greater, label } = content.kinds[kind];
    const medians = mediansOf(kind, index);
    const good = medians.filter((value) => value !== null);
    if (!good.length) return [];
    const value = greater ? Math.max(...good) : Math.min(...good);
    return [`${label}: ${number(value)} at ${axes[index].name}=${axes[index].values[medians.indexOf(value)]}`];
  });
  const told = best.length ? ` Best medians: ${best.slice(0, 8).join("; ")}${best.length > 8 ? "; …" : ""}.` : "";
  const lost = runs.filter((run) => run.objective === null).length;
  const missing = lost ? ` ${counted(lost, "run")} without a number ${lost === 1 ? "is" : "are"} not shown.` : "";
  return `Numbers of different colours are of different things, and not compared.${told}${missing} Click a point to open its run.`;
}

function map(across, up) {
  const { greater, name } = content.objective;
  const groups = grouped((run) => [run.place[across], run.place[up]]);
  const cells = axes[up].values.map((_, y) => axes[across].values.map((__, x) => cell(groups.get(`${x},${y}`) ?? [], greater)));
  const known = cells.flat().map((each) => each.value).filter((value) => value !== null);
  const log = known.length > 0 && Math.min(...known) > 0 && Math.max(...known) > WIDE * Math.min(...known);
  const height = (value) => (value === null ? null : log ? Math.log10(value) : value);
  const shades = [colour("shade-low"), colour("shade-high")];
  const few = cells.length * cells[0].length <= MOST_WORDS;
  const label = (each) => (each.value === null ? (each.places.length ? "lost" : "") : number(each.value));
  const ticks = log ? logTicks(known) : null;
  return {
    traces: [
      {
        type: "heatmap",
        x: axes[across].values.map(plain),
        y: axes[up].values.map(plain),
        z: cells.map((line) => line.map((each) => height(each.value))),
        text: cells.map((line) => line.map(label)),
        customdata: cells.map((line) => line.map((each) => each.typical)),
        texttemplate: few ? "%{text}" : "",
        xgap: 1,
        ygap: 1,
        hoverongaps: false,
        colorscale: greater ? [[0, shades[0]], [1, shades[1]]] : [[0, shades[1]], [1, shades[0]]],
        colorbar: { title: { text: plain(name), side: "right" }, thickness: 14, outlinewidth: 0, tickvals: ticks?.map(Math.log10), ticktext: ticks?.map((value) => number(value, 1)) },
        hovertemplate: `${plain(axes[across].name)}=%{x} ${plain(axes[up].name)}=%{y}<br>median %{text}<extra></extra>`,
      },
    ],
    layout: {
      xaxis: axisOf(plain(axes[across].key), { type: "category", showgrid: false }),
      yaxis: axisOf(plain(axes[up].key), { type: "category", showgrid: false }),
    },
  };
}

function cell(places, greater) {
  const score = (place) => (runs[place].objective === null ? Infinity : greater ? -runs[place].objective : runs[place].objective);
  const sorted = [...places].sort((a, b) => score(a) - score(b));
  return { places, value: median(places.map((place) => runs[place].objective), greater), typical: sorted[(sorted.length - 1) >> 1] ?? null };
}

function logTicks(values) {
  const [low, high] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
  const decades = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  return decades.length > 3 ? decades : decades.flatMap((value) => [value, 3 * value]);
}

function alongWords(index) {
  const { greater, name } = content.objective;
  const medians = axes[index].values.map((_, place) => median(runs.filter((run) => run.place[index] === place).map((run) => run.objective), greater));
  const good = medians.filter((value) => value !== null);
  if (!good.length) return "At every value the median run diverged or failed.";
  const best = greater ? Math.max(...good) : Math.min(...good);
  return `The ${greater ? "highest" : "lowest"} median of ${name} is ${number(best)}, at ${axes[index].name}=${axes[index].values[medians.indexOf(best)]}. Click a point to open its run.`;
}

function mapWords(across, up) {
  const others = axes.filter((axis, index) => index !== across && index !== up).map((axis) => axis.name);
  return `Each field is the median${others.length ? ` over ${others.join(", ")}` : ""}; the darker, the better. Click a field to open its typical run.`;
}

function indexOf(key) {
  return axes.findIndex((axis) => axis.key === key);
}
