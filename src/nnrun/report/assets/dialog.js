/** One run in full: its pictures, how it was configured, what nnrun said of it, and its command. */

import { axes, factsOf, measured, nameOf, plotted, runs, settings } from "./data.js";
import { badge, choice, commandLine, definitions, element } from "./dom.js";
import { figure } from "./figure.js";
import { count, number } from "./format.js";
import {
  againstPicture,
  confusionPicture,
  fitPicture,
  kindOf,
  landscapePicture,
  lossPicture,
  outputName,
  outputsOf,
  partialPicture,
  planePicture,
  restPicture,
  sampleImages,
} from "./pictures.js";

/** The dialog of runs; `neighbours()` gives the places to go through, `changed` is told of the open run, or null. */
export function runDialog(dialog, neighbours, changed) {
  let open = null;
  const close = element("button", { type: "button", class: "quiet", text: "Close", on: { click: () => dialog.close() } });
  const step = (by, text, label) => element("button", { type: "button", class: "quiet", text, "aria-label": label, on: { click: () => go(by) } });
  const title = element("h2", { id: "run-title" });
  const bar = element("div", { class: "head sticky" }, title, element("div", { class: "controls" }, step(-1, "‹", "Previous run"), step(1, "›", "Next run"), close));
  const body = element("div", { class: "body" });
  dialog.append(bar, body);
  dialog.addEventListener("close", () => {
    open = null;
    body.replaceChildren();
    changed(null);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, .plot")) return;
    if (event.key === "ArrowLeft") go(-1);
    if (event.key === "ArrowRight") go(1);
  });

  function go(by) {
    const places = neighbours();
    const next = places[places.indexOf(open) + by];
    if (next !== undefined) show(next);
  }

  function show(place) {
    if (!runs[place]) return;
    open = place;
    title.replaceChildren(element("span", { text: titleOf(runs[place]) }), " ", badge(runs[place].status));
    if (!dialog.open) dialog.showModal();
    body.replaceChildren();
    body.scrollTop = 0;
    fillRun(body, runs[place]);
    changed(place);
  }

  return { show, close: () => dialog.close(), shown: () => open };
}

/** Everything there is to show of a run. */
export function fillRun(place, run) {
  const [left, right] = [fits(run), [curves(run), landscape(run)]].map((figures) => figures.filter(Boolean));
  const columns = [left, right].map((figures) => element("div", {}, ...figures.map((shown) => shown.whole)));
  columns[1].append(...[samples(run)].filter(Boolean));
  place.append(...verdicts(run), element("div", { class: "pictures" }, ...columns.filter((each) => each.childElementCount)));
  place.append(element("div", { class: "columns" }, ...texts(run)));
  // Only now, when all have their places, have they their widths.
  [...left, ...right].forEach((shown) => shown.start());
}

function titleOf(run) {
  return axes.length ? `${run.label}: ${settings(run).filter(([name]) => name !== "run").map((pair) => pair.join("=")).join(", ")}` : run.label;
}

function fits(run) {
  const kind = kindOf(run);
  if (kind === "curve") return [withOutput(run, "Fit", (output) => fitPicture(run, null, output), 360), withOutput(run, "Residuals", (output) => restPicture(run, output), 200)];
  if (kind === "inputs") return [withOutput(run, "Predicted against true", (output) => againstPicture(run, output), 360), partial(run)];
  if (kind === "plane") return [simple("Regions of the classes", () => planePicture(run), 400), confusion(run)];
  if (kind === "classes") return [confusion(run)];
  return [];
}

function confusion(run) {
  return plotted(run, "confusion") ? simple(`Confusion, ${run.plots.confusion_split ?? ""} data`, () => confusionPicture(run), 380) : null;
}

function withOutput(run, heading, make, height) {
  const shown = figure(heading, { height, level: "h3" });
  let output = 0;
  const draw = () => shown.draw(() => make(output));
  if (outputsOf(run) > 1) {
    const pairs = Array.from({ length: outputsOf(run) }, (_, index) => [String(index), outputName(run, index)]);
    shown.whole.firstChild.append(choice("Output", pairs, "0", (value) => {
      output = Number(value);
      draw();
    }));
  }
  shown.start = draw;
  return shown;
}

function partial(run) {
  if (!plotted(run, "partial_grid") || !plotted(run, "partial_prediction")) return null;
  const shown = figure("Over one input, the others at their means", { height: 360, level: "h3" });
  let feature = 0;
  const draw = () => shown.draw(() => partialPicture(run, feature));
  const features = plotted(run, "partial_grid").shape[0];
  if (features > 1) {
    const pairs = Array.from({ length: features }, (_, index) => [String(index), nameOf(run, "features", index, `x${index}`)]);
    shown.whole.firstChild.append(choice("Input", pairs, "0", (value) => {
      feature = Number(value);
      draw();
    }));
  }
  shown.start = draw;
  return shown;
}

function simple(heading, make, height) {
  const shown = figure(heading, { height, level: "h3" });
  shown.start = () => shown.draw(make);
  return shown;
}

function curves(run) {
  if (!measured(run, "epoch")) return null;
  const names = [...new Set(Object.keys(run.curves).filter((name) => name.includes("/")).map((name) => name.split("/")[1]))];
  const shown = figure("Learning curves", { height: 300, level: "h3" });
  let metric = names[0] ?? "loss";
  const draw = () => shown.draw(() => lossPicture(run, metric));
  if (names.length > 1) {
    shown.whole.firstChild.append(choice("Metric", names.map((name) => [name, name]), metric, (value) => {
      metric = value;
      draw();
    }));
  }
  shown.start = draw;
  return shown;
}

function landscape(run) {
  return plotted(run, "landscape_loss") && plotted(run, "path")?.shape[0] ? simple("Landscape of the loss", () => landscapePicture(run), 360) : null;
}

function samples(run) {
  const images = sampleImages(run);
  if (!images.length) return null;
  const strip = element("div", { class: "samples" });
  for (const image of images) {
    const canvas = element("canvas", { width: image.columns, height: image.rows, role: "img", "aria-label": `Sample: true → predicted ${image.text}` });
    paintImage(canvas, image);
    strip.append(element("figure", { class: image.right ? "" : "wrong" }, canvas, element("figcaption", { text: image.text })));
  }
  return element("section", {}, element("h3", { text: "Samples: true → predicted" }), strip);
}

function paintImage(canvas, { pixels, rows, columns }) {
  const painted = new ImageData(columns, rows);
  const [low, high] = pixels.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  pixels.forEach((value, at) => {
    const shade = 255 - Math.round((255 * (value - low)) / (high - low || 1));
    painted.data.set([shade, shade, shade, 255], 4 * at);
  });
  canvas.getContext("2d").putImageData(painted, 0, 0);
}

function verdicts(run) {
  const told = run.verdicts.map(({ text, command }) => element("div", { class: "verdict" }, element("p", { text }), command ? commandLine(command, "what to try next") : null));
  if (run.ending) told.unshift(element("p", { class: "note", text: `${run.status}: ${run.ending}` }));
  return told;
}

function texts(run) {
  const metrics = Object.entries(run.numbers).filter(([, value]) => value !== null);
  const shown = metrics.map(([name, value]) => [name, name === "epochs" ? count(value) : number(value, 4)]);
  const changed = Object.entries(run.changed);
  return [
    element("section", {}, element("h3", { text: "Results" }), definitions(shown)),
    element("section", {}, element("h3", { text: "Differs from the defaults" }), changed.length ? definitions(changed) : element("p", { class: "muted", text: "in nothing" })),
    element("section", {}, element("h3", { text: "About" }), definitions(Object.entries(factsOf(run)))),
    run.command ? element("section", { class: "wide" }, element("h3", { text: "Command" }), commandLine(run.command, "this run")) : null,
  ].filter(Boolean);
}
