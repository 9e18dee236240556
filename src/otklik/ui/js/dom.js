// What every behaviour needs: delegation, fresh content, the CSRF token, filling a text's blanks.

/** Listen on the document for events of elements that match, now and later. */
export function on(type, selector, act, options) {
  document.addEventListener(
    type,
    (event) => {
      const found = event.target instanceof Element ? event.target.closest(selector) : null;
      if (found) act(event, found);
    },
    options,
  );
}

/** Call for each matching element of the page, and again for those that a swap brings. */
export function each(selector, act) {
  const run = (root) => {
    if (root.matches?.(selector)) act(root);
    for (const found of root.querySelectorAll(selector)) act(found);
  };
  run(document);
  document.addEventListener("htmx:load", (event) => event.detail.elt !== document.body && run(event.detail.elt));
}

/** The token that a write must carry. */
export function csrf() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** Put values into the {blanks} of a text that came from the page. */
export function fill(text, values) {
  return (text ?? "").replace(/\{(\w+)\}/g, (blank, name) => values[name] ?? blank);
}

/** Time of day as the page writes it, 09:14. */
export function clockTime(moment = new Date()) {
  return `${String(moment.getHours()).padStart(2, "0")}:${String(moment.getMinutes()).padStart(2, "0")}`;
}

/** Wait until calls stop coming for a while. */
export function calm(act, milliseconds) {
  let timer;
  const calmed = (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), milliseconds);
  };
  calmed.cancel = () => clearTimeout(timer);
  return calmed;
}

/** Whether a person is typing here, so that letters are letters. */
export function isTyping(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement)
    return true;
  return element instanceof HTMLInputElement && !/^(checkbox|radio|button|submit|range|file)$/.test(element.type);
}

/** Whether an element can be seen. */
export function isVisible(element) {
  return element.checkVisibility?.({ visibilityProperty: true }) ?? element.offsetParent !== null;
}

/** Storage of this browser that may be full or forbidden. */
export const memory = {
  get(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(name, value);
      return true;
    } catch {
      return false;
    }
  },
  drop(name) {
    try {
      localStorage.removeItem(name);
    } catch {
      // forbidden storage holds nothing to drop
    }
  },
};
