"""What a page must keep for everybody: contrast, sizes, names, ids, landmarks, no sideways scroll (DESIGN.md §7).

``audit(page)`` walks the page as it stands in the browser and returns findings in words, an empty list if all is well.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page, ViewportSize

SIZES: dict[str, ViewportSize] = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}

# Colours are read through a canvas, so that every notation (color-mix, light-dark, oklch) is measured as it is painted.
WALK = r"""
() => {
  // what is on its way from one colour to another is measured where it arrives
  for (const change of document.getAnimations()) if (change instanceof CSSTransition) change.finish();
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const known = {};
  const pixel = (colour) => {
    if (known[colour]) return known[colour];
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = '#000';
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const data = pen.getImageData(0, 0, 1, 1).data;
    return (known[colour] = [data[0], data[1], data[2], data[3] / 255]);
  };
  const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const light = (colour) => {
    const part = colour.slice(0, 3).map((v) => {
      v /= 255;
      return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const ground = (element) => {
    const stack = [];
    for (let node = element; node; node = node.parentElement) {
      const colour = pixel(getComputedStyle(node).backgroundColor);
      if (colour[3] > 0) stack.push(colour);
      if (colour[3] >= 1) break;
    }
    return stack.reverse().reduce((below, colour) => over(colour, below), [255, 255, 255, 1]);
  };
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const kind = (element) => element.className.baseVal ?? element.className;
  const found = [];
  const said = new Set();
  const say = (words) => said.has(words) || (said.add(words), found.push(words));

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const words = texts.currentNode.data.trim();
    const element = texts.currentNode.parentElement;
    if (!words || !seen(element) || element.closest('.sr, symbol, script, style, template, :disabled')) continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    const ink = over(pixel(element.closest('svg') ? style.fill : style.color), below);
    const [a, b] = [light(ink), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) say(`contrast ${ratio.toFixed(2)} ${kind(element)} «${words.slice(0, 40)}»`);
  }

  const controls = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=option]';
  for (const element of document.querySelectorAll(controls)) {
    if (!seen(element)) continue;
    const box = element.getBoundingClientRect();
    const name =
      element.getAttribute('aria-label') ||
      element.getAttribute('aria-labelledby') ||
      element.textContent.trim() ||
      element.title ||
      (element.labels?.length ? 'labelled' : '');
    if (!name) say(`no name ${element.outerHTML.slice(0, 90)}`);
    const inside = element.tagName === 'INPUT' && element.closest('.rate, .choice, .file-pick, label.check');
    const inline = getComputedStyle(element).display === 'inline';
    if (inside || inline || element.matches('.ck, .skip, .sr') || !box.width) continue;
    if (box.height < 23.5 || box.width < 23.5)
      say(`target ${Math.round(box.width)}x${Math.round(box.height)} ${kind(element)} «${name.slice(0, 30)}»`);
  }

  const ids = {};
  for (const element of document.querySelectorAll('[id]')) {
    if (!element.closest('symbol')) ids[element.id] = (ids[element.id] ?? 0) + 1;
  }
  for (const [id, count] of Object.entries(ids)) if (count > 1) say(`doubled id ${id}`);
  for (const name of ['aria-describedby', 'aria-labelledby', 'aria-controls'])
    for (const element of document.querySelectorAll(`[${name}]`))
      for (const id of element.getAttribute(name).split(/\s+/))
        if (!document.getElementById(id)) say(`${name} points nowhere: ${id}`);
  for (const element of document.querySelectorAll('a a, a button, button button, button a, label button, label a'))
    say(`nested control ${element.outerHTML.slice(0, 70)}`);
  const pictures = 'img:not([alt]), [role=img]:not([aria-label]):not([aria-labelledby])';
  for (const element of document.querySelectorAll(pictures))
    say(`no alternative ${element.outerHTML.slice(0, 70)}`);
  const titles = [...document.querySelectorAll('h1')].filter(seen).length;
  if (titles !== 1) say(`${titles} h1`);
  if (document.querySelectorAll('main').length !== 1) say('main is missing or doubled');
  if (!document.documentElement.lang) say('no language');
  if (document.documentElement.scrollWidth > innerWidth + 1) {
    const placed = (e) => getComputedStyle(e).position !== 'absolute';
    const beyond = (e) => e.getBoundingClientRect().right > innerWidth + 1 && placed(e);
    const wide = [...document.querySelectorAll('body *')].filter((e) => beyond(e) && !e.closest('.sr'));
    say(`scrolls sideways by ${wide.slice(0, 4).map((e) => `${e.tagName}.${kind(e)}`).join(', ')}`);
  }
  return found;
}
"""


def audit(page: Page) -> list[str]:
    """Findings on the page as it is shown now; call it once per theme and width.

    Args:
        page: a loaded page; its theme is what ``data-theme`` or the emulated colour scheme says.
    """
    page.evaluate("document.fonts.ready.then(() => true)")
    found: list[str] = page.evaluate(WALK)
    return found


def themed(page: Page, theme: str) -> None:
    """Show the page in the light or the dark theme."""
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)


def audit_looks(page: Page, name: str) -> list[str]:
    """Findings on the page as it stands, in both sizes and themes; with OTKLIK_SHOTS=folder also a picture of each.

    Args:
        page: a loaded page; what it looks like in a size and a theme is for its style sheets alone to say.
        name: what to call it.
    """
    findings = []
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for theme in ("light", "dark"):
            themed(page, theme)
            findings += [f"{name} {size} {theme}: {finding}" for finding in audit(page)]
            if shots := os.environ.get("OTKLIK_SHOTS"):
                page.screenshot(path=Path(shots) / f"{name}-{size}-{theme}.png", full_page=True)
    return findings
