/** The playground: a slider for each swept axis and one for the epoch, and the fit that moves with them. */

import { axes, axisNamed, column, content, nameOf, plotted, runs, settings } from "./data.js";
import { badge, choice, commandLine, element } from "./dom.js";
import { axisOf, figure, restyle } from "./figure.js";
import { count, number } from "./format.js";
import { colour } from "./look.js";
import { againstPicture, confusionPicture, curveAt, fitPicture, gone, kindOf, lossAt, lossPicture, MODEL, moments, outputsOf, planePicture, whereabouts } from "./pictures.js";

const FRAME = { epoch: 140, axis: 600 };
const MARK = 1;

/** Fills `place`; `changed` is told the state as parameters of the address. */
export function fillExplore(place, changed) {
  const state = { run: 0, epoch: Infinity, output: 0 };
  const drawn = { data: null, run: null };
  const fit = figure("", { height: 440 });
  const losses = figure("", { height: 200 });
  const loss = element("output", { class: "headline" });
  const about = element("p", { class: "muted small", "aria-live": "polite" });
  const command = commandLine("", "this run");
  const player = playing();
  const sliders = [...axes.map((axis, index) => sliderOf(axis.name, () => player.toggle(axis.key, () => advance(index), FRAME.axis))), sliderOf("epoch", () => player.toggle("epoch", nextEpoch, FRAME.epoch))];
  axes.forEach((axis, index) => {
    sliders[index].input.max = axis.values.length - 1;
    sliders[index].moved((value) => choose(index, value));
  });
  const epochs = sliders[axes.length];
  epochs.moved((value) => {
    state.epoch = moments(runs[state.run])[value];
    show();
  });
  const panel = element("div", { class: "panel" }, element("div", { class: "reading" }, element("span", { class: "muted", text: "loss of this curve" }), loss), losses.whole, element("div", { class: "sliders" }, ...sliders.map((slider) => slider.whole)), about);
  place.append(element("div", { class: "explore" }, element("div", {}, outputs(), fit.whole), panel), command);

  function outputs() {
    const most = Math.max(...runs.map(outputsOf));
    if (most < 2) return null;
    const pairs = Array.from({ length: most }, (_, index) => [String(index), nameOf(runs[state.run], "targets", index, `y${index}`)]);
    return choice("Output", pairs, "0", (value) => {
      state.output = Number(value);
      drawn.run = null;
      show();
    });
  }

  function choose(index, value) {
    const wanted = [...runs[state.run].place];
    wanted[index] = value;
    state.run = nearest(wanted, new Set([index]));
    show();
  }

  /** The next value of an axis, around its end. */
  function advance(index) {
    choose(index, (runs[state.run].place[index] + 1) % axes[index].values.length);
    return true;
  }

  /** The next moment; from the last one it begins anew when asked again. */
  function nextEpoch(begun) {
    const known = moments(runs[state.run]);
    const at = momentOf(runs[state.run], state.epoch);
    if (at === known.length - 1 && !begun) return false;
    state.epoch = at === known.length - 1 ? known[0] : known[at + 1];
    show();
    return true;
  }

  function show() {
    const run = runs[state.run];
    const known = moments(run);
    const moment = momentOf(run, state.epoch);
    axes.forEach((axis, index) => sliders[index].say(run.place[index], axis.values[run.place[index]]));
    epochs.input.max = known.length - 1;
    epochs.say(moment, count(known[moment]));
    loss.textContent = number(lossAt(run, moment), 4);
    loss.classList.toggle("lost", lossAt(run, moment) === null || !Number.isFinite(lossAt(run, moment)));
    about.replaceChildren(element("span", { text: `Run ${run.label} ` }), badge(run.status), element("span", { text: told(run) }));
    command.say(run.command);
    drawFit(run, moment);
    drawLosses(run, moment);
    drawn.run = state.run;
    changed({
      ...Object.fromEntries(axes.map((axis, index) => [axis.key, axis.values[run.place[index]]])),
      epoch: Number.isFinite(state.epoch) ? known[moment] : null,
    });
  }

  function drawFit(run, moment) {
    const kind = kindOf(run);
    const output = Math.min(state.output, outputsOf(run) - 1);
    if (kind === "curve") {
      const data = `${run.plots.train_x} ${run.plots.train_y} ${output} ${colour("model")}`;
      if (drawn.data === data && fit.place.data?.length > MODEL) {
        const { x, y } = curveAt(run, moment, output);
        restyle(fit.place, { x: [x], y: [y] }, [MODEL]);
        keepRange(run, y, output);
      } else {
        fit.place.dataset.limits = "";
        fit.draw(() => moving(runs[state.run], momentOf(runs[state.run], state.epoch), Math.min(state.output, outputsOf(runs[state.run]) - 1)));
      }
      drawn.data = data;
    } else if (kind === "plane") {
      drawn.data = null;
      fit.draw(() => planePicture(runs[state.run], momentOf(runs[state.run], state.epoch)));
    } else if (drawn.run !== state.run) {
      drawn.data = null;
      const make = { inputs: () => againstPicture(run, output), classes: () => confusionPicture(run) }[kind];
      fit.draw(make ?? (() => ({ traces: [], layout: {} })));
    }
    fit.say(wordsOf(run, kind, kind === "curve" ? whereabouts(curveAt(run, moment, output).y, limits(run, output)) : ""));
  }

  /** Limits follow data and truth, so that they stay while the curve moves. */
  function moving(run, moment, output) {
    const picture = fitPicture(run, moment, output);
    picture.layout.yaxis.range = limits(run, output);
    picture.layout.annotations = gone(curveAt(run, moment, output).y, limits(run, output));
    picture.layout.uirevision = "explore";
    return picture;
  }

  function keepRange(run, y, output) {
    const wanted = limits(run, output);
    const now = fit.place.layout?.yaxis?.range;
    const remarks = gone(y, wanted);
    const state = `${wanted.join()} ${remarks.map((remark) => remark.text).join()}`;
    if (!now || fit.place.dataset.limits !== state) {
      fit.place.dataset.limits = state;
      Plotly.relayout(fit.place, { "yaxis.range": wanted, annotations: remarks });
    }
  }

  function drawLosses(run, moment) {
    const known = moments(run);
    if (drawn.run === state.run && losses.place.data?.length > MARK) {
      restyle(losses.place, { x: [[known[moment]]], y: [[lossAt(run, moment)]] }, [MARK]);
    } else {
      losses.draw(() => lossTrack(runs[state.run], momentOf(runs[state.run], state.epoch)));
    }
  }

  /** Takes the state from parameters of the address. */
  function apply(parameters) {
    const wanted = [...runs[state.run].place];
    const stated = new Set();
    for (const [key, value] of parameters) {
      const index = axisNamed(key);
      const found = index < 0 ? -1 : placeOf(axes[index], value);
      if (found < 0) continue;
      wanted[index] = found;
      stated.add(index);
    }
    state.run = nearest(wanted, stated);
    const epoch = parameters.get("epoch");
    if (epoch !== null && epoch !== "" && Number.isFinite(Number(epoch))) state.epoch = Number(epoch);
  }

  return { show, apply, stop: player.stop, start: (index) => { state.run = index; } };

  function playing() {
    let [timer, key, next, frame] = [null, null, null, 0];
    const mark = () => sliders.forEach((slider, index) => slider.playing((axes[index]?.key ?? "epoch") === key));
    const stop = () => {
      clearTimeout(timer);
      key = null;
      mark();
    };
    const tick = () => {
      if (!next(false)) {
        stop();
        return;
      }
      timer = setTimeout(tick, frame);
    };
    return {
      stop,
      toggle: (wanted, move, pause) => {
        const same = key === wanted;
        stop();
        if (same) return;
        [key, next, frame] = [wanted, move, pause];
        mark();
        move(true);
        timer = setTimeout(tick, frame);
      },
    };
  }
}

/** A slider with its name, its value, steps to either side, and a button that plays it. */
function sliderOf(name, play) {
  const input = element("input", { type: "range", min: 0, step: 1, "aria-label": name });
  const value = element("output", {});
  let listener = () => {};
  let waiting = false;
  const move = (to) => {
    const wanted = Math.max(0, Math.min(Number(input.max), to));
    if (wanted !== Number(input.dataset.at)) listener(wanted);
  };
  // One drawing for each picture of the screen, however fast the slider moves.
  input.addEventListener("input", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      move(Number(input.value));
    });
  });
  const step = (by, text, label) => element("button", { type: "button", class: "quiet step", text, "aria-label": `${label} ${name}`, on: { click: () => move(Number(input.dataset.at) + by) } });
  const player = element("button", { type: "button", class: "quiet step", text: "▶", "aria-label": `Play ${name}`, on: { click: play } });
  const whole = element("div", { class: "slider" }, element("div", { class: "label" }, element("span", { text: name }), value), element("div", { class: "track" }, step(-1, "‹", "Previous"), input, step(1, "›", "Next"), player));
  return {
    whole,
    input,
    moved: (told) => {
      listener = told;
    },
    say: (at, text) => {
      input.value = at;
      input.dataset.at = at;
      input.setAttribute("aria-valuetext", text);
      value.textContent = text;
    },
    playing: (now) => {
      player.textContent = now ? "❚❚" : "▶";
      player.setAttribute("aria-label", `${now ? "Pause" : "Play"} ${name}`);
    },
  };
}

/** Where a value stands on an axis, as typed or as a number; -1 where it does not. */
function placeOf(axis, value) {
  const found = axis.values.indexOf(value);
  if (found >= 0 || value === "") return found;
  return axis.values.findIndex((known) => known !== "" && Number(known) === Number(value));
}

/** The run that has the wanted places on the axes `kept`, and differs in as few others, and as little, as can be. */
function nearest(wanted, kept) {
  let [best, least] = [0, Infinity];
  runs.forEach((run, index) => {
    let distance = 0;
    wanted.forEach((value, axis) => {
      const apart = Math.abs(run.place[axis] - value);
      if (apart) distance += (kept.has(axis) ? 1e6 : 1e3) + apart;
    });
    if (distance < least) [best, least] = [index, distance];
  });
  return best;
}

/** The moment that is nearest to an epoch. */
function momentOf(run, epoch) {
  const known = moments(run);
  if (epoch >= known[known.length - 1]) return known.length - 1;
  return known.reduce((best, value, index) => (Math.abs(value - epoch) < Math.abs(known[best] - epoch) ? index : best), 0);
}

/** Room around data and truth for a curve that is still on its way. */
function limits(run, output) {
  const truth = plotted(run, "grid_truth");
  const lines = [column(plotted(run, "train_y"), output), ...(truth ? [column(truth, output)] : [])];
  const finite = lines.flatMap((line) => [...line]).filter(Number.isFinite);
  const [low, high] = finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
  const room = 0.3 * (high - low || 1);
  return [low - room, high + room];
}

/** The loss along the way, and where on it the curve is. */
function lossTrack(run, moment) {
  const known = moments(run);
  const values = known.map((_, index) => lossAt(run, index));
  const log = values.every((value) => !(value <= 0));
  const recorded = plotted(run, "snapshot_losses");
  const picture = recorded ? null : lossPicture(run);
  const line = { x: known, y: values, mode: "lines", line: { color: colour("model"), width: 2 }, hovertemplate: "epoch %{x}<br>loss %{y:.4g}<extra></extra>" };
  const mark = { x: [known[moment]], y: [values[moment]], mode: "markers", marker: { size: 11, color: colour("model"), line: { color: colour("background"), width: 2 } }, hoverinfo: "skip" };
  const rest = picture ? picture.traces.slice(1) : [];
  return {
    traces: [line, mark, ...rest],
    layout: {
      showlegend: false,
      margin: { l: 56, r: 12, t: 8, b: 40 },
      xaxis: axisOf("epoch", { showgrid: false, nticks: 5 }),
      yaxis: axisOf("loss", { type: log ? "log" : "linear", nticks: 3 }),
    },
  };
}

function told(run) {
  return run.objective === null ? "" : `: ${content.objective.name} ${number(run.objective)} at the end`;
}

function wordsOf(run, kind, where) {
  const named = settings(run).map((pair) => pair.join("=")).join(", ");
  const lost = run.status === "diverged" ? `This run diverged${run.ending ? ` ${run.ending}` : ""}. ` : "";
  if (where) return `${lost}At this epoch ${where}.`;
  if (kind === "plane") return `${lost}Points of the training data, and the class that the network gives to every place${named ? `, with ${named}` : ""}. Regions move with the epoch.`;
  if (kind === "curve") return `${lost}What the network says at every x${named ? `, with ${named}` : ""}. Axes stay, so that the curve moves.`;
  if (kind === "inputs") return "The fit at the end of training: of several inputs, its way there is not recorded.";
  return kind === "classes" ? "Confusion at the end of training; the epoch moves along the loss." : "This run has no picture.";
}
