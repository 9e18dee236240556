// Keys by their place on the keyboard (event.code), so that they work in the Russian layout too.
// An element with data-key="KeyR", "Control+KeyK", "Shift+KeyX" or "KeyG KeyQ" is clicked or focused by that key.
import { isTyping, isVisible, memory } from "./dom.js";

const SEQUENCE = 1200; // milliseconds between the two keys of "G then Q"
const bound = new Map();
let first = "";
let firstAt = 0;

/** Give a key to a function; it answers false to let the key pass on. */
export function bind(code, act) {
  bound.set(code, act);
}

/** Whether letter keys work: a person may switch them off for good (WCAG 2.1.4). */
export function lettersOn() {
  return document.body.dataset.keys !== "off" && memory.get("keys") !== "off";
}

export function start() {
  document.addEventListener("keydown", press);
  bind("Shift+Slash", () => document.getElementById("keys")?.showModal?.());
  const box = document.querySelector("[data-keys-switch]");
  if (!box) return;
  box.checked = lettersOn();
  box.addEventListener("change", () => (box.checked ? memory.drop("keys") : memory.set("keys", "off")));
}

function press(event) {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const command = event.ctrlKey || event.metaKey;
  if (!command && event.key !== "Escape" && (isTyping(event.target) || !lettersOn())) return;
  if (event.key === "Escape" && isTyping(event.target)) return void event.target.blur();
  if (event.key === "Escape" && document.querySelector("details[data-menu][open]")) return;
  if (document.querySelector("dialog[open]") && !(command && event.code === "Enter")) return;
  if (event.code === "Enter" && !command && event.target.closest("a, button, summary, input")) return;
  const code = `${command ? "Control+" : ""}${event.shiftKey ? "Shift+" : ""}${event.code}`;
  const pair = Date.now() - firstAt < SEQUENCE ? `${first} ${code}` : "";
  if (pair && run(pair, event)) return void (first = "");
  first = code;
  firstAt = Date.now();
  run(code, event);
}

function run(code, event) {
  const element = nearest(code, event.target);
  if (element) {
    event.preventDefault();
    if (isTyping(element)) element.focus();
    else element.click();
    return true;
  }
  if (!bound.has(code) || bound.get(code)(event) === false) return false;
  event.preventDefault();
  return true;
}

function nearest(code, target) {
  const all = [...document.querySelectorAll(`[data-key="${code}"]`)].filter((one) => isVisible(one) && !one.disabled);
  const form = target instanceof Element ? target.closest("form") : null;
  return all.find((one) => form?.contains(one)) ?? all[0];
}
