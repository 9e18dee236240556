// Ctrl K: one field, answers fetched from the server; arrows choose, Enter acts.
import { calm, on } from "./dom.js";
import { selected } from "./list.js";

const PAUSE = 120;
let running = null;

export function start() {
  const palette = document.querySelector("[data-palette]");
  if (!palette) return;
  const input = palette.querySelector("[data-palette-input]");
  const list = palette.querySelector("[data-palette-list]");
  const ask = calm(() => search(palette, input, list), PAUSE);
  input.addEventListener("input", ask);
  input.addEventListener("keydown", (event) => move(event, input, list));
  new MutationObserver(() => palette.open && (input.select(), search(palette, input, list))).observe(palette, {
    attributeFilter: ["open"],
  });
  on("mousemove", "[data-palette-list] [role=option]", (event, option) => mark(option, input, list));
  on("click", "[data-palette-list] [role=option]", (event, option) => act(option, palette));
}

async function search(palette, input, list) {
  running?.abort();
  running = new AbortController();
  const query = new URLSearchParams({ q: input.value });
  for (const box of selected()) query.append("number", box.value);
  try {
    const answer = await fetch(`${palette.dataset.url}?${query}`, {
      signal: running.signal,
      headers: { "X-Requested-With": "fetch" },
    });
    if (answer.ok) list.innerHTML = await answer.text();
    mark(list.querySelector("[role=option][data-url]"), input, list);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

function mark(option, input, list) {
  for (const one of list.querySelectorAll("[aria-selected=true]")) one.setAttribute("aria-selected", "false");
  if (!option?.dataset.url) return input.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", option.id);
}

function move(event, input, list) {
  const options = [...list.querySelectorAll("[role=option][data-url]")];
  const at = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && options.length) {
    event.preventDefault();
    const next = options[(at + step + options.length) % options.length];
    mark(next, input, list);
    next.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && options[at]) {
    event.preventDefault();
    act(options[at], input.closest("dialog"));
  }
}

function act(option, palette) {
  if (!option.dataset.url) return;
  palette.close();
  if (option.dataset.method === "open") return document.getElementById(option.dataset.url)?.showModal?.();
  if (option.dataset.method !== "post") return location.assign(option.dataset.url);
  window.htmx.ajax("POST", option.dataset.url, { values: JSON.parse(option.dataset.fields || "{}"), swap: "none" });
}
