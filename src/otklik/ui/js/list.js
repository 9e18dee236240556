// Lists: J and K walk, Enter opens, O opens whole, X selects, Shift X selects a range; the bulk bar follows.
import { each, fill, on } from "./dom.js";
import { bind } from "./keys.js";

let current = null;
let anchor = null;

export function start() {
  bind("KeyJ", () => step(1));
  bind("KeyK", () => step(-1));
  bind("Enter", () => open("preview"));
  bind("KeyO", () => open("whole"));
  bind("KeyX", () => select(false));
  bind("Shift+KeyX", () => select(true));
  bind("Escape", () => (selected().length ? clear() : document.querySelector("[data-back]")?.click() ?? false));
  bind("KeyI", take);
  on("click", "[data-select-none]", clear);
  on("change", "[data-select-all]", (event, box) => {
    for (const one of boxes(box.closest("[data-list]"))) one.checked = box.checked;
    show();
  });
  on("change", "[data-select]", show);
  each("[data-list]", (list) => {
    const opened = list.querySelector("[data-list-item].open");
    if (opened) current = opened.id;
    show();
  });
  document.addEventListener("htmx:afterSwap", show);
}

const items = () => [...document.querySelectorAll("[data-list-item]")];
const boxes = (root) => [...root.querySelectorAll("[data-select]")];
export const selected = () => boxes(document).filter((box) => box.checked);

function here() {
  return items().find((item) => item.id === current || item.contains(document.activeElement));
}

function step(by) {
  const all = items();
  if (!all.length) {
    const link = document.querySelector(by > 0 ? "a[rel~=next][data-step]" : "a[rel~=prev][data-step]");
    return link ? link.click() : false;
  }
  document.querySelector("[data-arrivals]:not([hidden])")?.click();
  const at = all.indexOf(here());
  const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
  current = next.id;
  const link = next.querySelector("a.subj, a") ?? next;
  link.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function open(how) {
  const item = here();
  if (!item) return false;
  if (how === "whole") location.assign(item.dataset.url);
  else (item.querySelector("a.subj, a") ?? item).click();
}

function select(range) {
  const box = here()?.querySelector("[data-select]");
  if (!box) return false;
  if (range && anchor) {
    const all = boxes(document);
    const [from, to] = [all.indexOf(anchor), all.indexOf(box)].sort((a, b) => a - b);
    for (const one of all.slice(Math.max(from, 0), to + 1)) one.checked = true;
  } else box.checked = !box.checked;
  anchor = box;
  show();
}

// Without a selection the act of the bar is for the row one stands on.
function take() {
  const button = document.querySelector("[data-bulk] [data-key=KeyI]");
  const box = here()?.querySelector("[data-select]");
  if (!box || !button) return false;
  box.checked = true;
  show();
  button.click();
}

function clear() {
  for (const box of document.querySelectorAll("[data-select], [data-select-all]")) box.checked = false;
  show();
}

function show() {
  const chosen = selected();
  for (const item of items()) item.classList.toggle("sel", Boolean(item.querySelector("[data-select]:checked")));
  for (const bar of document.querySelectorAll("[data-bulk]")) {
    bar.hidden = !chosen.length;
    const place = bar.querySelector("[data-bulk-count]");
    if (place) place.textContent = fill(place.dataset.text, { count: chosen.length });
    for (const field of bar.querySelectorAll("[data-bulk-values]")) field.value = chosen.map((box) => box.value).join(",");
  }
}
