// ARIA combobox: options come from the server while a person types; the choice lands in a hidden field.
import { calm, each, fill } from "./dom.js";

const PAUSE = 180;

export function start() {
  each("[data-combobox]", attach);
}

function attach(box) {
  const input = box.querySelector("[role=combobox]");
  const list = box.querySelector("[role=listbox]");
  const value = box.querySelector("[data-combobox-value]");
  let running = null;
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (option) => {
    for (const one of list.children) one.setAttribute("aria-selected", String(one === option));
    if (option?.id) input.setAttribute("aria-activedescendant", option.id);
    option?.scrollIntoView({ block: "nearest" });
  };
  const choose = (option) => {
    if (!option?.dataset.value) return;
    value.value = option.dataset.value;
    input.value = option.dataset.text;
    close();
    value.dispatchEvent(new Event("change", { bubbles: true }));
    box.dispatchEvent(new CustomEvent(box.dataset.event || "chosen", { bubbles: true, detail: { ...option.dataset } }));
  };
  const ask = calm(async () => {
    running?.abort();
    running = new AbortController();
    const address = new URL(box.dataset.url, location.href);
    address.searchParams.set("q", input.value);
    try {
      const answer = await fetch(address, { signal: running.signal });
      if (!answer.ok) return close();
      list.innerHTML = await answer.text();
    } catch (error) {
      if (error.name === "AbortError") return;
      return close();
    }
    if (!list.children.length) {
      const none = document.createElement("li");
      none.className = "muted";
      none.textContent = fill(box.dataset.empty, {});
      list.append(none);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(list.querySelector("[data-value]"));
  }, PAUSE);
  input.addEventListener("input", () => {
    value.value = "";
    if (input.value.trim()) ask();
    else (ask.cancel(), close());
  });
  input.addEventListener("keydown", (event) => {
    const options = [...list.querySelectorAll("[data-value]")];
    const at = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && list.hidden) ask();
    else if (step && options.length) mark(options[(at + step + options.length) % options.length]);
    else if (event.key === "Enter" && !list.hidden && options[at]) choose(options[at]);
    else if (event.key === "Escape" && !list.hidden) close();
    else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => choose(event.target.closest("[data-value]")));
  input.addEventListener("blur", close);
}
