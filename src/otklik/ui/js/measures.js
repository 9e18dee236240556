// Widths and places from data-*: the strict policy forbids style attributes, script may set properties.
import { each } from "./dom.js";

const PROPERTIES = { w: "--w", x: "--x", d: "--d", n: "--n", a: "--a", l: "--l" };

export function start() {
  for (const [name, property] of Object.entries(PROPERTIES))
    each(`[data-${name}]`, (element) => element.style.setProperty(property, element.dataset[name]));
  each("[data-col]", (element) => (element.style.gridColumn = element.dataset.col));
}
