/** What the pictures of one run show, as traces and layouts for plotly. */

import { column, measured, nameOf, plotted, row } from "./data.js";
import { axisOf } from "./figure.js";
import { number, plain } from "./format.js";
import { colour, colours } from "./look.js";
import { spread } from "./thumbnail.js";

/** Trace of the model's curve in the picture of a fit. */
export const MODEL = 2;

const LOSSES = ["train/loss", "val/loss"];

/** What a run's fit can be drawn as: `curve` over one input, `inputs`, `plane` of classes, `classes`, or null. */
export function kindOf(run) {
  if (["region", "region_across", "region_along", "train_x", "train_class"].every((name) => plotted(run, name))) return "plane";
  if (plotted(run, "confusion")) return "classes";
  if (plotted(run, "grid") && plotted(run, "train_x")) return "curve";
  return plotted(run, "train_prediction") ? "inputs" : null;
}

/** How many outputs the fit has. */
export function outputsOf(run) {
  return plotted(run, "train_y")?.shape[1] ?? 1;
}

/** Moments of training that a run has a picture of: the fit at some epochs, else points of its curves. */
export function moments(run) {
  const epochs = plotted(run, "snapshot_epochs")?.values ?? measured(run, "epoch");
  return epochs && epochs.length ? [...epochs] : [0];
}

/** The loss at a moment: of the very curve that is shown there, where it is known. */
export function lossAt(run, moment) {
  return plotted(run, "snapshot_losses")?.values[moment] ?? measured(run, "train/loss")?.[moment] ?? null;
}

/** The model's curve at a moment, as {x, y}; its last one where no other was recorded. */
export function curveAt(run, moment, output) {
  const past = plotted(run, "snapshot_predictions");
  const last = plotted(run, "snapshot_epochs")?.shape[0] - 1;
  if (!past || moment === null || moment === last) {
    return { x: column(plotted(run, "grid"), 0), y: column(plotted(run, "grid_prediction"), output) };
  }
  const [, points, outputs] = past.shape;
  const y = Float32Array.from({ length: points }, (_, at) => past.values[(moment * points + at) * outputs + output]);
  return { x: column(plotted(run, "snapshot_grid"), 0), y };
}

/** Data, truth and the model's curve over one input. */
export function fitPicture(run, moment = null, output = 0) {
  const grid = column(plotted(run, "grid"), 0);
  const truth = plotted(run, "grid_truth");
  const model = curveAt(run, moment, output);
  const last = column(plotted(run, "grid_prediction"), output);
  const lines = truth ? [last, column(truth, output)] : [last];
  const traces = [
    points(run, "train", (part) => column(plotted(run, `${part}_x`), 0), (part) => column(plotted(run, `${part}_y`), output)),
    {
      x: truth ? grid : [],
      y: truth ? column(truth, output) : [],
      name: "truth",
      mode: "lines",
      line: { color: colour("truth"), width: 1.6, dash: "6px,4px" },
      showlegend: Boolean(truth),
      hoverinfo: "skip",
    },
    { ...model, name: "model", mode: "lines", line: { color: colour("model"), width: 3 }, hovertemplate: "x %{x:.3g}<br>model %{y:.4g}<extra></extra>" },
  ];
  const range = spread([column(plotted(run, "train_y"), output)], lines);
  if (plotted(run, "val_x")) {
    traces.push(points(run, "val", (part) => column(plotted(run, `${part}_x`), 0), (part) => column(plotted(run, `${part}_y`), output)));
  }
  return {
    traces,
    layout: {
      xaxis: axisOf(plain(nameOf(run, "features", 0, "x")), { range: [grid[0], grid[grid.length - 1]], showgrid: false }),
      yaxis: axisOf(plain(outputName(run, output)), { range }),
      annotations: moment === null ? gone(model.y, range) : [],
    },
  };
}

/** The regions that classes have in the plane at a moment, null for the end, and the points of the data. */
export function planePicture(run, moment = null) {
  const names = classNames(run);
  const hues = colours(names.length, false);
  const [across, along] = ["region_across", "region_along"].map((name) => plotted(run, name).values);
  const two = names.length === 2;
  const { values, rows, columns } = regionAt(run, moment);
  const z = Array.from({ length: rows }, (_, index) => values.subarray(index * columns, (index + 1) * columns));
  const lattice = { x: even(across, columns), y: even(along, rows), z, hoverinfo: "skip", showscale: false };
  const steps = names.flatMap((_, index) => [[index / names.length, hues[index]], [(index + 1) / names.length, hues[index]]]);
  const scale = two ? { colorscale: [[0, hues[0]], [0.5, colour("background")], [1, hues[1]]], zmin: 0, zmax: 255, zsmooth: "fast" } : { colorscale: steps, zmin: -0.5, zmax: names.length - 0.5 };
  const border = { ...lattice, type: "contour", autocontour: false, contours: { coloring: "none", start: 127.5, end: 127.5, size: 1 }, line: { color: colour("ink"), width: 1.2 }, showlegend: false };
  const parts = plotted(run, "val_class") && plotted(run, "val_x") ? ["train", "val"] : ["train"];
  const dots = parts.flatMap((part) => names.map((name, index) => dotsOf(run, part, index, name, hues[index])));
  return {
    traces: [{ ...lattice, ...scale, type: "heatmap", opacity: 0.5 }, ...(two ? [border] : []), ...dots],
    layout: {
      xaxis: axisOf(plain(nameOf(run, "features", 0, "x1")), { range: [...across], showgrid: false }),
      yaxis: axisOf(plain(nameOf(run, "features", 1, "x2")), { range: [...along], showgrid: false }),
    },
  };
}

/** The bytes of the regions at a moment, null for the end. */
export function regionAt(run, moment) {
  const past = plotted(run, "snapshot_region");
  if (!past || moment === null || moment === past.shape[0] - 1) {
    const { shape, values } = plotted(run, "region");
    return { values, rows: shape[0], columns: shape[1] };
  }
  const [, rows, columns] = past.shape;
  return { values: past.values.subarray(moment * rows * columns, (moment + 1) * rows * columns), rows, columns };
}

/** What the classes of a run are called: their numbers where they have no names. */
export function classNames(run) {
  return Array.from({ length: plotted(run, "confusion")?.shape[0] ?? 2 }, (_, index) => nameOf(run, "classes", index, String(index)));
}

function dotsOf(run, part, own, name, hue) {
  const classes = plotted(run, `${part}_class`).values;
  const places = [...classes.keys()].filter((place) => classes[place] === own);
  const [x, y] = [0, 1].map((feature) => {
    const all = column(plotted(run, `${part}_x`), feature);
    return places.map((place) => all[place]);
  });
  const validation = part === "val";
  const text = /^\d+$/.test(name) ? `class ${name}` : plain(name);
  const marker = { symbol: validation ? "circle-open" : "circle", size: classes.length > 400 ? 4 : 7, color: hue, line: { color: validation ? hue : colour("background"), width: validation ? 1.5 : 0.8 } };
  return { x, y, name: validation ? `${text}, validation` : text, mode: "markers", marker, hovertemplate: `${text}<br>%{x:.3g}, %{y:.3g}<extra></extra>` };
}

function even([first, last], length) {
  return Array.from({ length }, (_, index) => first + ((last - first) * index) / Math.max(length - 1, 1));
}

/** What is left of the data when the model is taken away. */
export function restPicture(run, output = 0) {
  const rest = (part) => {
    const [y, said] = [column(plotted(run, `${part}_y`), output), column(plotted(run, `${part}_prediction`), output)];
    return y.map((value, at) => value - said[at]);
  };
  const data = column(plotted(run, "train_y"), output);
  const [low, high] = spread([data], [], 0);
  const largest = rest("train").reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
  const reach = 1.12 * Math.min(largest, high - low) || 0.5;
  const grid = column(plotted(run, "grid"), 0);
  const parts = plotted(run, "val_x") ? ["train", "val"] : ["train"];
  return {
    traces: parts.map((part) => points(run, part, (own) => column(plotted(run, `${own}_x`), 0), rest)),
    layout: {
      showlegend: false,
      margin: { l: 56, r: 16, t: 8, b: 44 },
      xaxis: axisOf(plain(nameOf(run, "features", 0, "x")), { range: [grid[0], grid[grid.length - 1]], showgrid: false }),
      yaxis: axisOf(`${plain(outputName(run, output))} − model`, { range: [-reach, reach], nticks: 4 }),
      shapes: [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, line: { color: colour("model"), width: 1.5 } }],
    },
  };
}

/** Predicted against true values. */
export function againstPicture(run, output = 0) {
  const y = (part) => column(plotted(run, `${part}_y`), output);
  const said = (part) => column(plotted(run, `${part}_prediction`), output);
  const both = spread([y("train")]);
  const even = { x: both, y: both, mode: "lines", name: "equal", line: { color: colour("frame"), width: 1.4 }, hoverinfo: "skip" };
  const parts = plotted(run, "val_y") ? ["train", "val"] : ["train"];
  const range = spread([y("train")], [said("train")]);
  return {
    traces: [even, ...parts.map((part) => points(run, part, y, said))],
    layout: { xaxis: axisOf(`true ${plain(outputName(run, output))}`, { range: both }), yaxis: axisOf("predicted", { range }), annotations: gone(said("train"), range) },
  };
}

/** One of several inputs against y; on the line all others rest at their means. */
export function partialPicture(run, feature, output = 0) {
  const [grid, lines] = [row(plotted(run, "partial_grid"), feature), plotted(run, "partial_prediction")];
  const [, length, outputs] = lines.shape;
  const along = (array) => Float32Array.from({ length }, (_, at) => array.values[(feature * length + at) * outputs + output]);
  const truth = plotted(run, "partial_truth");
  const [y, line] = [column(plotted(run, "train_y"), output), along(lines)];
  const traces = [
    points(run, "train", (part) => column(plotted(run, `${part}_x`), feature), (part) => column(plotted(run, `${part}_y`), output)),
    { x: grid, y: line, name: "model", mode: "lines", line: { color: colour("model"), width: 3 } },
  ];
  if (truth) {
    traces.push({ x: grid, y: along(truth), name: "truth", mode: "lines", line: { color: colour("truth"), width: 1.6, dash: "6px,4px" } });
  }
  return { traces, layout: { xaxis: axisOf(plain(nameOf(run, "features", feature, `x${feature}`))), yaxis: axisOf(plain(outputName(run, output)), { range: spread([y], [line]) }) } };
}

/** How often which class was taken for which. */
export function confusionPicture(run) {
  const table = plotted(run, "confusion");
  const names = classNames(run).map(plain);
  const counts = names.map((_, index) => [...row(table, index)]);
  const shares = counts.map((own) => own.map((value) => value / (own.reduce((sum, each) => sum + each, 0) || 1)));
  const few = names.length <= 12;
  return {
    traces: [
      {
        type: "heatmap",
        x: names,
        y: names,
        z: shares,
        text: counts,
        texttemplate: few ? "%{text}" : "",
        zmin: 0,
        zmax: 1,
        xgap: 1,
        ygap: 1,
        showscale: false,
        colorscale: [[0, colour("shade-low")], [1, colour("shade-high")]],
        hovertemplate: "true %{y}, predicted %{x}: %{text}<extra></extra>",
      },
    ],
    layout: {
      xaxis: axisOf("predicted", { type: "category", showgrid: false, constrain: "domain" }),
      yaxis: axisOf("true", { type: "category", autorange: "reversed", showgrid: false, scaleanchor: "x", constrain: "domain" }),
    },
  };
}

/** The loss over two weights, and the way that training took. */
export function landscapePicture(run) {
  const [x, y, loss] = ["landscape_x", "landscape_y", "landscape_loss"].map((name) => plotted(run, name));
  const path = plotted(run, "path");
  const height = y.values.length ? Array.from(y.values, (_, index) => [...row(loss, index)].map((value) => Math.log10(Math.max(value, 1e-12)))) : [];
  const way = [column(path, 0), column(path, 1)];
  const line = { color: colour("model"), width: 2 };
  const solution = plotted(run, "landscape_solution");
  const traces = [
    {
      type: "contour",
      x: x.values,
      y: y.values,
      z: height,
      ncontours: 18,
      showscale: false,
      colorscale: [[0, colour("height-low")], [1, colour("height-high")]],
      line: { width: 0.6, color: colour("frame") },
      hovertemplate: "loss 10^%{z:.2f}<extra></extra>",
    },
    { x: way[0], y: way[1], mode: "lines+markers", name: "path of training", line, marker: { size: 4 }, hoverinfo: "skip" },
  ];
  if (solution) traces.push({ x: [solution.values[0]], y: [solution.values[1]], mode: "markers", name: "least squares", marker: { symbol: "x", size: 9, color: colour("ink") } });
  const range = (values) => [values[0], values[values.length - 1]];
  return { traces, layout: { xaxis: axisOf("first weight", { range: range(x.values) }), yaxis: axisOf("second weight", { range: range(y.values) }) } };
}

/** Training and validation loss by epoch, or another metric of both. */
export function lossPicture(run, name = "loss") {
  const epoch = measured(run, "epoch") ?? [];
  const names = name === "loss" ? LOSSES : [`train/${name}`, `val/${name}`];
  const hues = [colour("model"), colour("validation")];
  const traces = names.flatMap((each, index) => {
    const values = measured(run, each);
    const words = index ? "validation" : "training";
    const hovertemplate = `${words}<br>epoch %{x}<br>${plain(name)} %{y:.4g}<extra></extra>`;
    return values ? [{ x: epoch, y: values, name: words, mode: epoch.length > 1 ? "lines" : "markers", line: { color: hues[index], width: 2.2 }, hovertemplate }] : [];
  });
  const log = traces.length > 0 && traces.every((trace) => trace.y.every((value) => !(value <= 0)));
  return { traces, layout: { xaxis: axisOf("epoch"), yaxis: axisOf(plain(name), { type: log ? "log" : "linear" }) } };
}

/** The samples that a run of pictures was shown, with what it said of them. */
export function sampleImages(run) {
  const [images, truth, said, sure] = ["samples", "sample_true", "sample_predicted", "sample_probability"].map((name) => plotted(run, name));
  if (!images || !sure) return [];
  const [count, rows, columns] = images.shape;
  return Array.from({ length: count }, (_, index) => ({
    pixels: images.values.subarray(index * rows * columns, (index + 1) * rows * columns),
    rows,
    columns,
    right: truth.values[index] === said.values[index],
    text: `${named(run, truth.values[index])} → ${named(run, said.values[index])} (${number(sure.values[index], 2)})`,
  }));
}

/** What an output is called. */
export function outputName(run, output) {
  return nameOf(run, "targets", output, outputsOf(run) > 1 ? `y${output}` : "y");
}

function named(run, own) {
  return nameOf(run, "classes", own, String(own));
}

/** Where a model is that cannot be seen between these limits; nothing where it can. */
export function whereabouts(values, [low, high]) {
  if (values.some((value) => value >= low && value <= high)) return "";
  const known = values.filter(Number.isFinite);
  if (!known.length) return "the model's values are beyond what numbers here can hold";
  const [least, most] = known.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  const side = least > high ? "above this picture" : most < low ? "below this picture" : "above and below this picture";
  return `the model is ${side}, from ${number(least)} to ${number(most)}`;
}

/** A remark in a picture whose model cannot be seen in it. */
export function gone(values, limits) {
  const text = whereabouts(values, limits);
  return text === "" ? [] : [{ text, xref: "paper", yref: "paper", x: 0.5, y: 0.96, showarrow: false, font: { color: colour("alarm") } }];
}

function points(run, part, x, y) {
  const own = x(part);
  const crowd = Math.min(1, Math.sqrt(200 / Math.max(own.length, 1)));
  const validation = part === "val";
  return {
    x: own,
    y: y(part),
    name: validation ? "validation data" : "data",
    mode: "markers",
    marker: {
      symbol: validation ? "circle-open" : "circle",
      size: 7 * Math.max(0.6, Math.sqrt(crowd)),
      color: colour(validation ? "validation" : "data"),
      opacity: Math.max(0.35, 0.85 * crowd),
      line: { width: validation ? 1.3 : 0 },
    },
    hovertemplate: "x %{x:.3g}<br>y %{y:.4g}<extra></extra>",
  };
}
