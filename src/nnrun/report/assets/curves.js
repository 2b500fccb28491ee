/** Learning curves of all runs: grouped by what was swept, to be hovered, zoomed and switched off by group. */

import { axes, caption, comparable, content, measured, runs } from "./data.js";
import { choice, element, tick } from "./dom.js";
import { axisOf, figure } from "./figure.js";
import { counted, median, plain } from "./format.js";
import { colours } from "./look.js";

const MOST_POINTS = 60000;
const FEWEST = 24;
const MOST_GROUPS = 10;
const CROWD = 100;

/** The figure; null where no run has a curve. `open` shows a run by its place. */
export function curvesFigure(open) {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.curves)))].filter((name) => name !== "epoch");
  if (!names.length) return null;
  const first = names.includes(content.objective.name) ? content.objective.name : names.includes("train/loss") ? "train/loss" : names[0];
  const groupings = axes.filter((axis) => axis.values.length < runs.length || axes.length === 1);
  const chosen = { metric: first, group: (groupings.find((axis) => !axis.seed) ?? axes[0])?.key ?? "", log: null, shown: runs.length > CROWD ? "medians" : "runs" };
  const shown = figure("Learning curves", { height: 420 });
  const draw = () => shown.draw(() => picture(chosen));
  const pick = (key) => (value) => {
    chosen[key] = value;
    if (key === "metric") chosen.log = null;
    draw();
  };
  const logarithmic = tick("logarithmic", isPositive(first), pick("log"));
  const bar = element("div", { class: "controls" }, choice("Metric", names.map((name) => [name, name]), first, (value) => {
    logarithmic.firstChild.checked = isPositive(value);
    pick("metric")(value);
  }));
  if (axes.length > 1) bar.append(choice("Colour by", axes.map((axis) => [axis.key, axis.name]), chosen.group, pick("group")));
  if (runs.length > 1 && groupings.length) bar.append(choice("Show", [["runs", "every run"], ["medians", "medians"]], chosen.shown, pick("shown")));
  bar.append(logarithmic);
  shown.whole.firstChild.append(bar);
  shown.say(`${counted(runs.length, "run")}. Click a name in the legend to hide or show its curves, twice to see them alone; drag to zoom; click a curve to open its run.`);
  shown.start = () => {
    draw();
    shown.place.on("plotly_click", ({ points }) => {
      if (Number.isInteger(points[0].customdata)) open(points[0].customdata);
    });
  };
  return shown;
}

function picture({ metric, group, log, shown }) {
  const index = axes.findIndex((axis) => axis.key === group);
  const whole = index < 0 ? [{ name: metric, places: [...runs.keys()] }] : groupsOf(index);
  const groups = shown === "medians" && !comparable ? whole.flatMap(ofOneKind) : whole;
  const hues = colours(groups.length, index >= 0 && axes[index].numbers !== null);
  const most = Math.max(FEWEST, Math.floor(MOST_POINTS / runs.length));
  const medians = shown === "medians";
  const few = medians || runs.length <= 30;
  const traces = groups.map(({ name, places }, place) => ({
    ...(medians ? middle(places, metric, name) : joined(places, metric, most)),
    name: plain(name),
    mode: "lines",
    line: { color: hues[place], width: few ? 2 : 1 },
    opacity: few ? 0.9 : Math.max(0.25, Math.min(0.9, 12 / Math.sqrt(runs.length))),
    hovertemplate: `%{text}<br>epoch %{x}<br>${plain(metric)} %{y:.4g}<extra></extra>`,
  }));
  const logarithmic = log ?? isPositive(metric);
  return {
    traces,
    layout: {
      showlegend: groups.length > 1,
      uirevision: `${metric} ${group}`,
      legend: { orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom", title: { text: index < 0 ? "" : `${plain(axes[index].name)} ` } },
      xaxis: axisOf("epoch"),
      yaxis: axisOf(plain(metric), { type: logarithmic ? "log" : "linear", ...(logarithmic ? {} : { range: usual(metric) }) }),
    },
  };
}

/** The curves of several runs as one line with gaps. */
function joined(places, metric, most) {
  const [x, y, text, customdata] = [[], [], [], []];
  for (const place of places) {
    const [epochs, values] = [measured(runs[place], "epoch"), measured(runs[place], metric)];
    if (!values) continue;
    const name = plain(caption(runs[place]));
    const step = Math.max(1, (values.length - 1) / (most - 1));
    for (let at = 0; at <= values.length - 1 + 1e-6; at += step) {
      const nearest = Math.min(Math.round(at), values.length - 1);
      x.push(epochs[nearest]);
      y.push(values[nearest]);
      text.push(name);
      customdata.push(place);
    }
    x.push(null);
    y.push(null);
    text.push("");
    customdata.push(null);
  }
  return { x, y, text, customdata };
}

/** The median of several runs at each epoch that one of them has. */
function middle(places, metric, name) {
  const byEpoch = new Map();
  for (const place of places) {
    const [epochs, values] = [measured(runs[place], "epoch"), measured(runs[place], metric)];
    values?.forEach((value, at) => {
      if (!byEpoch.has(epochs[at])) byEpoch.set(epochs[at], []);
      byEpoch.get(epochs[at]).push(Number.isFinite(value) ? value : null);
    });
  }
  const x = [...byEpoch.keys()].sort((a, b) => a - b);
  const words = plain(`${name}: median of ${counted(places.length, "run")}`);
  return { x, y: x.map((epoch) => median(byEpoch.get(epoch), false)), text: x.map(() => words) };
}

/** Runs by their value on an axis; of many values, neighbours together. */
function groupsOf(index) {
  const { values } = axes[index];
  const size = Math.ceil(values.length / MOST_GROUPS);
  const groups = [];
  for (let start = 0; start < values.length; start += size) {
    const end = Math.min(start + size, values.length) - 1;
    const places = [...runs.keys()].filter((place) => runs[place].place[index] >= start && runs[place].place[index] <= end);
    groups.push({ name: start === end ? values[start] : `${values[start]} … ${values[end]}`, places });
  }
  return groups;
}

/** The parts of a group that are judged by the same thing: a median of different losses says nothing. */
function ofOneKind({ name, places }) {
  const kinds = [...new Set(places.map((place) => runs[place].kind))];
  if (kinds.length < 2) return [{ name, places }];
  return kinds.map((kind) => ({ name: `${name}, ${content.kinds[kind].label}`, places: places.filter((place) => runs[place].kind === kind) }));
}

function isPositive(metric) {
  if (!metric.endsWith("loss")) return false;
  return runs.every((run) => !measured(run, metric)?.some((value) => value <= 0));
}

/** Limits without the outermost values, which would leave no room for the others. */
function usual(metric) {
  const all = runs.flatMap((run) => [...(measured(run, metric) ?? [])].filter(Number.isFinite)).sort((a, b) => a - b);
  if (all.length < 20) return undefined;
  const [low, high] = [all[Math.floor(0.05 * all.length)], all[all.length - 1 - Math.floor(0.02 * all.length)]];
  const room = 0.06 * (high - low) || 0.5;
  return all[0] < low - 5 * (high - low) || all[all.length - 1] > high + 5 * (high - low) ? [low - room, high + room] : undefined;
}
