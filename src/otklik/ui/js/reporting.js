// The report form: the checklist ticks itself while a person types; chosen people become tags of the form.
import { each, fill, on } from "./dom.js";

export function start() {
  each("[data-checklist]", tick);
  on("chosen", "[data-chooses]", (event, box) => add(box, event.detail));
  on("click", "[data-chosen] [data-drop]", (event, button) => {
    const list = button.closest("[data-chosen]");
    button.closest("li").remove();
    list.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

function tick(list) {
  const field = document.getElementById(list.dataset.checklist);
  const look = () => {
    const text = field.value.toLowerCase();
    for (const item of list.children)
      item.classList.toggle("told", item.dataset.words.split(" ").some((word) => text.includes(word)));
  };
  field.addEventListener("input", look);
  look();
}

function add(box, chosen) {
  const name = box.dataset.chooses;
  const list = document.querySelector(`[data-chosen="${name}"]`);
  const known = [...list.querySelectorAll("input")].some((input) => input.value === chosen.value);
  if (!known) {
    const item = document.querySelector(`[data-chosen-template="${name}"]`).content.firstElementChild.cloneNode(true);
    item.querySelector("[data-text]").textContent = chosen.text;
    item.querySelector("input").value = chosen.value;
    const button = item.querySelector("[data-drop]");
    button.setAttribute("aria-label", fill(button.dataset.label, { name: chosen.text }));
    list.append(item);
  }
  for (const input of box.querySelectorAll("input")) input.value = "";
  list.dispatchEvent(new Event("change", { bubbles: true }));
}
