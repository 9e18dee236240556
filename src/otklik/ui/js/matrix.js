// Impact and urgency: arrows move, Space or Enter chooses; inside another form the choice lands in its hidden field.
import { on } from "./dom.js";

const STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

export function start() {
  on("keydown", "[data-matrix] [role=radio]", (event, cell) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const cells = [...cell.closest("[data-matrix]").querySelectorAll("[role=radio]")];
    const width = new Set(cells.map((one) => one.dataset.column)).size;
    const at = cells.indexOf(cell);
    const row = Math.floor(at / width) + step[0];
    const column = (at % width) + step[1];
    const next = column >= 0 && column < width ? cells[row * width + column] : null;
    if (!next) return;
    for (const one of cells) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  });
  on("click", "[data-matrix] [role=radio]", (event, cell) => {
    const matrix = cell.closest("[data-matrix]");
    for (const one of matrix.querySelectorAll("[role=radio]")) {
      one.setAttribute("aria-checked", String(one === cell));
      one.tabIndex = one === cell ? 0 : -1;
    }
    const field = matrix.querySelector("[data-matrix-value]");
    if (!field) return;
    field.value = cell.value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
