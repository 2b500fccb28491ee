/** The first tab: what was tried, what came of it, and the command to go on with. */

import { axes, comparable, content, runs } from "./data.js";
import { commandLine, definitions, element } from "./dom.js";
import { count, counted, duration, number } from "./format.js";

/** A line under the title: how many runs ended how. */
export function subtitle() {
  if (runs.length === 1) return runs[0].title === content.title ? endingOf(runs[0]) : `${runs[0].title} · ${endingOf(runs[0])}`;
  const all = counted(runs.length, "run");
  const parts = [all === content.title ? "" : all, counts()];
  const seconds = content.sources.length === 1 ? duration(content.sources[0].seconds) : "";
  return [...parts, seconds].filter(Boolean).join(" · ");
}

/** What the runs say together; `open` shows a run by its place. */
export function fillSummary(place, figures, open) {
  place.append(...content.sources.flatMap((source) => source.bests.map((best) => bestOf(source, best, open))));
  if (!comparable) {
    place.append(element("p", { class: "note", text: "These runs differ in data, loss or objective: objectives are compared only where these are the same." }));
  }
  place.append(...figures, made(), ...notes());
}

/** How a run ended. */
export function endingOf(run) {
  return [run.status, run.ending].filter(Boolean).join(", ");
}

function counts() {
  const found = new Map();
  for (const run of runs) found.set(run.status, (found.get(run.status) ?? 0) + 1);
  return [...found].map(([status, times]) => `${count(times)} ${status}`).join(", ");
}

function bestOf(source, best, open) {
  const setting = Object.entries(best.values).map(([key, value]) => `${key}=${value}`).join(" ");
  const several = best.runs > 1;
  const figures = [
    [several ? `Median ${best.objective || content.objective.name}` : best.objective || content.objective.name, number(best.median)],
    ...(several ? [["Lowest to highest", `${number(best.lowest)} to ${number(best.highest)}`], ["Runs", count(best.runs)]] : []),
  ];
  const index = runs.findIndex((run) => run.label === best.run);
  const of = [content.sources.length > 1 ? `of ${source.name}` : "", best.of ? `for ${best.of}` : ""];
  const button = element("button", { type: "button", text: several ? "Open its typical run" : "Open this run", on: { click: () => open(index) } });
  return element(
    "section",
    { class: "card best" },
    element("div", { class: "head" }, element("h2", { text: ["Best setting", ...of].filter(Boolean).join(" ") }), index >= 0 ? button : null),
    element("p", { class: "headline", text: setting || "the only one" }),
    definitions(figures),
    best.command ? commandLine(best.command, "its typical run") : null,
    ...best.edges.slice(0, 3).map((edge) => element("p", { class: "note", text: `${edge} is at the end of what was tried: better values may lie beyond.` })),
    source.wider && best.edges.length ? commandLine(source.wider, "a wider sweep") : null,
  );
}

function made() {
  const lines = content.sources.filter((source) => source.command).slice(0, 12);
  const section = element("section", { class: "card" }, element("h2", { text: lines.length > 1 ? "Commands" : "Command" }));
  for (const source of lines) section.append(element("p", { class: "muted small", text: source.name }), commandLine(source.command, source.name));
  if (axes.length) section.append(definitions(axes.slice(0, 6).map((axis) => [axis.key, range(axis)])));
  return section;
}

function range(axis) {
  const { values } = axis;
  return values.length <= 8 ? values.join(", ") : `${values[0]} … ${values[values.length - 1]}, ${count(values.length)} values`;
}

function notes() {
  if (!content.notes.length) return [];
  const list = element("ul", {}, ...content.notes.map((text) => element("li", { text })));
  return [element("section", { class: "card" }, element("h2", { text: "Notes" }), list)];
}
