/** Elements of the page; every text goes in as text, never as markup. */

/** An element with properties (`text`, `class`, `on` for listeners, anything else an attribute) and children. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") made.textContent = value;
    else if (name === "class") made.className = value;
    else if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A command with a button that copies it. */
export function commandLine(text, label = "Command") {
  const code = element("code", { text });
  const button = element("button", { type: "button", class: "quiet", text: "Copy", "aria-label": `Copy: ${label}` });
  button.addEventListener("click", () => copy(code, button));
  const line = element("div", { class: "command" }, code, button);
  line.say = (changed) => {
    code.textContent = changed;
  };
  return line;
}

/** A list of names and values. */
export function definitions(pairs) {
  const list = element("dl", { class: "facts" });
  for (const [name, value] of pairs) list.append(element("div", {}, element("dt", { text: name }), element("dd", { text: value })));
  return list;
}

/** A labelled choice among [value, text] pairs; `change` is told the value. */
export function choice(label, pairs, value, change) {
  const select = element("select", { on: { change: () => change(select.value) } });
  for (const [each, text] of pairs) select.append(element("option", { value: each, text }));
  select.value = value;
  return element("label", { class: "choice" }, element("span", { text: label }), select);
}

/** A labelled box to tick. */
export function tick(label, checked, change) {
  const box = element("input", { type: "checkbox", on: { change: () => change(box.checked) } });
  box.checked = checked;
  return element("label", { class: "choice" }, box, element("span", { text: label }));
}

/** The status of a run as a coloured word, unless it simply completed. */
export function badge(status) {
  return element("span", { class: `badge ${status === "completed" ? "calm" : status === "stopped" ? "calm" : "alarm"}`, text: status });
}

async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    document.execCommand("copy");
  }
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = "Copy";
  }, 1500);
}
