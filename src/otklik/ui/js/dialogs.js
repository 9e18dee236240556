// Native dialogs (they return the focus to their opener), menus, and the question before a grave act.
import { each, on } from "./dom.js";

export function start() {
  on("click", "[data-opens]", (event, opener) => {
    const dialog = document.getElementById(opener.dataset.opens);
    if (!dialog?.showModal) return;
    event.preventDefault();
    opener.closest("details[data-menu]")?.removeAttribute("open");
    dialog.showModal();
    // the first field, not the cross in the corner
    dialog.querySelector("form :is(input:not([type=hidden]), select, textarea):not(:disabled)")?.focus();
  });
  on("click", "[data-closes]", (event, button) => button.closest("dialog").close());
  on("click", "dialog", (event, dialog) => {
    if (event.target === dialog) dialog.close();
  });
  each("dialog[data-open]", (dialog) => {
    dialog.removeAttribute("open"); // so that it is seen without script, too
    dialog.showModal();
  });
  on("submit", "form[data-confirm]", (event, form) => {
    if (form.dataset.confirmed) return void delete form.dataset.confirmed;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    ask(form.dataset.confirm, form.dataset.confirmYes, () => {
      form.dataset.confirmed = "yes";
      form.requestSubmit(submitter);
    });
  }, true);
  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question, "", () => event.detail.issueRequest(true));
  });
  menus();
}

function ask(question, yes, act) {
  const dialog = document.querySelector("[data-confirm-dialog]");
  dialog.querySelector("[data-confirm-text]").textContent = question;
  const button = dialog.querySelector("[data-confirm-yes]");
  button.textContent = yes || button.dataset.default;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && act(), { once: true });
  dialog.showModal();
}

function menus() {
  const opened = () => document.querySelectorAll("details[data-menu][open]");
  document.addEventListener("click", (event) => {
    for (const menu of opened()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    for (const menu of opened()) {
      if (event.key === "Escape") {
        menu.open = false;
        menu.querySelector("summary").focus();
        event.preventDefault();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const items = [...menu.querySelectorAll(".menu-in :is(a, button):not([hidden])")];
        const at = items.indexOf(document.activeElement);
        items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length]?.focus();
        event.preventDefault();
      }
    }
  });
}
