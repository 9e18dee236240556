// Fields that an answer elsewhere fills in: <template data-form="call-form" data-fill="device" data-value="…">.
// What a person has typed stays; what was filled in before is replaced.
import { each } from "./dom.js";

export function start() {
  each("[data-fill]", (given) => {
    const field = document.getElementById(given.dataset.form)?.elements[given.dataset.fill];
    if (!field || (field.value && field.value !== field.dataset.filled)) return;
    field.value = field.dataset.filled = given.dataset.value;
  });
}
