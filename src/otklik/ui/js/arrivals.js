// A list that is alive: rows that changed are replaced where they stand, new ones wait behind a line of words.
import { fill } from "./dom.js";

/** Compare the list with a fresh copy of itself; `line` says how many rows are new. */
export async function compare(panel, line) {
  let fresh;
  try {
    const answer = await fetch(panel.getAttribute("hx-get"), { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return; // no connection: the stream tells again when it is back
  }
  const list = fresh.getElementById(panel.id);
  if (!list) return;
  for (const one of fresh.querySelectorAll("[data-counts][id]")) document.getElementById(one.id)?.replaceWith(one);
  const rows = [...list.querySelectorAll("[data-list-item]")];
  for (const row of rows) renew(document.getElementById(row.id), row);
  const ids = new Set(rows.map((row) => row.id));
  const old = [...panel.querySelectorAll("[data-list-item]")];
  for (const row of old) row.classList.toggle("gone", !ids.has(row.id));
  const count = rows.filter((row) => !document.getElementById(row.id)).length;
  line.textContent = fill(line.dataset.text, { count });
  line.hidden = !count && !old.some((row) => row.matches(".gone"));
}

function renew(row, fresh) {
  if (!row || row.dataset.rev === fresh.dataset.rev) return;
  const focused = row.contains(document.activeElement);
  const box = fresh.querySelector("[data-select]");
  if (box) box.checked = Boolean(row.querySelector("[data-select]:checked"));
  const made = document.importNode(fresh, true);
  if (box) made.querySelector("[data-select]").checked = box.checked;
  made.classList.add("flash");
  made.classList.toggle("sel", Boolean(box?.checked));
  row.replaceWith(made);
  window.htmx.process(made);
  if (focused) made.querySelector("a.subj, a")?.focus({ preventScroll: true });
}
