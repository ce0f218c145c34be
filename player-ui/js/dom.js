// dom.js - builds elements without markup in strings, so that no text of the server can become markup.
const SVG = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

/** h("p", {class: "x", onclick: f}, "text", child, null): an element; null children are left out. */
export function h(tag, attributes = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else el.setAttribute(name, value === true ? "" : value);
  }
  el.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return el;
}

const ICONS = {
  cash: "M7 5l5 7 5-7M12 12v8M7.500 13h9M7.500 16.500h9",
  voucher: "M3 8a1 1 0 0 1 1-1h16a1 1 0 0 1 1 1v2a2 2 0 0 0 0 4v2a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-2a2 2 0 0 0 0-4zM14 7v2M14 11v2M14 15v2",
  card: "M4 6h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1zM3 10h18M6 15h5",
  none: "M8.6 7.0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0M13.4 10.5a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0M11.5 16.0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0M5.7 16.0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0M3.8 10.5a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0M10.6 12a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0 -2.8 0",
};

export function icon(kind) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[kind === "cash_split" ? "cash" : kind] ?? ICONS.card);
  svg.append(path);
  return svg;
}

/** Tells it to screen readers. Emptied first so that the same sentence is spoken twice. */
export function say(text) {
  $("live").textContent = "";
  requestAnimationFrame(() => ($("live").textContent = text));
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
