/** Puts the page together: tabs, what stands in them, and the address that remembers it. */

import { address, onAddress, remember } from "./address.js";
import { content, runs } from "./data.js";
import { curvesFigure } from "./curves.js";
import { fillRun, runDialog } from "./dialog.js";
import { element } from "./dom.js";
import { fillExplore } from "./explore.js";
import { redraw, startFigures } from "./figure.js";
import { startLook } from "./look.js";
import { objectiveFigure } from "./objective.js";
import { fillSummary, subtitle } from "./summary.js";
import { fillTable } from "./table.js";

const TABS = [["summary", "Summary"], ["runs", "Runs"], ["explore", "Explore"]].filter(([id]) => runs.length > 1 || id !== "runs");
const place = (id) => document.getElementById(id);
const filled = {};
const tableState = { sort: "", filter: "" };
let exploreState = {};
let tab = "summary";
let dialog = null;

/** Fills a tab when it is first shown: plotly can draw only where there is room. */
const FILL = {
  summary: () => {
    if (runs.length === 1) {
      fillRun(place("panel-summary"), runs[0]);
      return {};
    }
    const figures = [objectiveFigure(open), curvesFigure(open)].filter(Boolean);
    fillSummary(place("panel-summary"), figures.map((figure) => figure.whole), open);
    // The first picture is there before the others are drawn.
    figures.forEach((figure, index) => setTimeout(() => figure.start(), 30 * index));
    return {};
  },
  runs: () =>
    fillTable(place("panel-runs"), open, (view) => {
      Object.assign(tableState, view);
      write();
    }),
  explore: () => {
    const explore = fillExplore(place("panel-explore"), (state) => {
      exploreState = state;
      write();
    });
    explore.start(firstRun());
    return explore;
  },
};

function start() {
  startLook(place("look"));
  startFigures();
  place("subtitle").textContent = subtitle();
  place("made").textContent = `Made by nnrun ${content.version} on ${content.made}. The numbers are in this file; nothing is fetched.`;
  if (!runs.length) {
    place("panel-summary").append(element("p", { class: "note", text: "There is no run to show." }), element("ul", {}, ...content.notes.map((text) => element("li", { text }))));
    return;
  }
  place("tabs").append(...TABS.map(([id, text]) => tabButton(id, text)));
  dialog = runDialog(place("run"), () => filled.runs?.shown() ?? [...runs.keys()], write);
  follow();
  onAddress(follow);
}

function tabButton(id, text) {
  const button = element("button", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`, text, on: { click: () => show(id) } });
  button.addEventListener("keydown", ({ key }) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!by) return;
    const ids = TABS.map(([each]) => each);
    const next = ids[(ids.indexOf(id) + by + ids.length) % ids.length];
    show(next);
    place(`tab-${next}`).focus();
  });
  return button;
}

/** Shows what the address says. */
function follow() {
  const { tab: wanted, parameters } = address();
  // A page inside another one has no address; what it opens at is told in its data.
  const id = [wanted, content.tab].find((name) => TABS.some(([each]) => each === name)) ?? "summary";
  prepare(id);
  if (id === "runs") filled.runs.apply({ sort: parameters.get("sort") ?? "", filter: parameters.get("filter") ?? "" });
  if (id === "explore") filled.explore.apply(parameters);
  show(id);
  const asked = runs.findIndex((run) => run.label === parameters.get("run"));
  if (id !== "explore" && asked >= 0 && runs.length > 1) dialog.show(asked);
}

/** Makes a tab visible and fills it, unless it is. */
function prepare(id) {
  tab = id;
  for (const [each] of TABS) {
    place(`panel-${each}`).hidden = each !== id;
    place(`tab-${each}`).setAttribute("aria-selected", String(each === id));
    place(`tab-${each}`).tabIndex = each === id ? 0 : -1;
  }
  filled[id] ??= FILL[id]();
}

function show(id) {
  prepare(id);
  if (id === "explore") filled.explore.show();
  else {
    filled.explore?.stop();
    filled.runs?.refresh();
    redraw();
  }
  write();
}

function open(index) {
  if (index >= 0) dialog.show(index);
}

function write() {
  const shown = dialog?.shown() ?? null;
  const run = shown === null ? null : runs[shown].label;
  remember(tab, { summary: { run }, runs: { ...tableState, run }, explore: exploreState }[tab]);
}

/** Where exploring begins: at the typical run of the best setting. */
function firstRun() {
  const wanted = content.sources.flatMap((source) => source.bests)[0]?.run;
  return Math.max(0, runs.findIndex((run) => run.label === wanted));
}

start();
