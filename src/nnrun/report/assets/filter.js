/** The table's filter: words and comparisons, all of which a run has to meet. */

import { axes, axisNamed, settings } from "./data.js";

const COMPARISON = /^([\w./]+)(<=|>=|!=|==|=|<|>)(.+)$/;

const TESTS = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
};

/** A test of runs from a text such as `diverged lr>0.1 train/loss<0.01`. */
export function filterOf(text) {
  const tests = text.trim().split(/\s+/).filter(Boolean).map(single);
  return (run) => tests.every((test) => test(run));
}

function single(word) {
  const found = COMPARISON.exec(word);
  if (found && known(found[1])) return (run) => compared(valueOf(run, found[1]), found[2], found[3]);
  const wanted = word.toLowerCase();
  return (run) => textOf(run).includes(wanted);
}

function known(name) {
  return name === "status" || name === "objective" || name === "epochs" || name === "seconds" || name.includes("/") || axisNamed(name) >= 0;
}

function valueOf(run, name) {
  if (name === "status") return run.status;
  if (name === "objective") return run.objective;
  const index = axisNamed(name);
  return index >= 0 ? axes[index].values[run.place[index]] : run.numbers[name];
}

function compared(value, sign, wanted) {
  if (value === null || value === undefined) return sign === "!=";
  const [a, b] = [Number(value), Number(wanted)];
  if (sign in TESTS) return !Number.isNaN(a) && !Number.isNaN(b) && TESTS[sign](a, b);
  const same = String(value) === wanted || (wanted !== "" && !Number.isNaN(a) && a === b);
  return sign === "!=" ? !same : same;
}

function textOf(run) {
  const words = [run.label, run.title, run.status, ...settings(run).map((pair) => pair.join("="))];
  return words.join(" ").toLowerCase();
}
