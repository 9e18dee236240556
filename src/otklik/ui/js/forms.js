// Forms: filters send themselves, the error summary takes the focus, typed data is not lost by accident.
import { calm, each, on } from "./dom.js";

const PAUSE = 350;

export function start() {
  each("[data-focus]", (element) => element.focus());
  each("form[data-autosubmit]", (form) => {
    const send = calm(() => form.requestSubmit(), PAUSE);
    form.addEventListener("change", () => form.requestSubmit());
    form.addEventListener("input", (event) => /^(text|search)$/.test(event.target.type) && send());
  });
  each("form[data-guard]", (form) => {
    form.addEventListener("input", () => (form.dataset.dirty = "yes"));
    form.addEventListener("submit", () => delete form.dataset.dirty);
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-dirty]")) event.preventDefault();
  });
  on("click", "[data-shows-password]", (event, button) => {
    const field = document.getElementById(button.dataset.showsPassword);
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.setAttribute("aria-pressed", String(hidden));
  });
  each("[data-when]", follow);
}

// Fields that appear because of an answer: data-when="name=value" (several values by |).
function follow(block) {
  const [name, values] = block.dataset.when.split("=");
  const form = block.closest("form");
  const look = () => {
    const given = new FormData(form).getAll(name).map(String);
    block.hidden = !values.split("|").some((value) => given.includes(value));
    for (const field of block.querySelectorAll("input, select, textarea")) field.disabled = block.hidden;
  };
  form.addEventListener("change", look);
  look();
}
