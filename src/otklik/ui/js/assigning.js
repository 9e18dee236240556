// The board of a team: a ticket is dragged onto a person, or A goes to its list of people and Enter assigns.
// Both fill in and send the same plain form that stands under each ticket.
import { each, on } from "./dom.js";
import { bind } from "./keys.js";

let carried = null;

export function start() {
  each("[data-carries]", (item) => (item.draggable = true));
  bind("KeyA", choose);
  on("keydown", "[data-assigns] select", (event, select) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    select.form.requestSubmit();
  });
  on("dragstart", "[data-carries]", (event, item) => {
    carried = item.id;
    event.dataTransfer.setData("text/plain", item.dataset.carries);
    event.dataTransfer.effectAllowed = "move";
  });
  on("dragend", "[data-carries]", rest);
  on("dragover", "[data-person]", (event, row) => {
    if (!target(row)) return;
    event.preventDefault();
    mark(row);
  });
  on("drop", "[data-person]", (event, row) => {
    const select = target(row);
    rest();
    if (!select) return;
    event.preventDefault();
    select.value = row.dataset.person;
    select.form.requestSubmit();
  });
}

// The list of people of the carried ticket, if this person is in it; by id, since a refresh may have replaced it.
function target(row) {
  const select = carried && document.getElementById(carried)?.querySelector("[data-assigns] select");
  return select && [...select.options].some((one) => one.value === row.dataset.person) ? select : null;
}

function mark(row) {
  for (const one of document.querySelectorAll("[data-person].dropping")) if (one !== row) one.classList.remove("dropping");
  row?.classList.add("dropping");
}

function rest() {
  carried = null;
  mark(null);
}

function choose() {
  if (!document.querySelector("[data-board]")) return false;
  const item = document.activeElement?.closest("[data-list-item]") ?? document.querySelector("[data-carries]");
  const select = item?.querySelector("[data-assigns] select");
  if (!select) return false;
  select.focus();
}
