// i18n.js - the chosen language: sentences, names out of the campaign, dates and numbers.
import { words } from "./words.js";
import { kept } from "./storage.js";

const KEY = "hongbao.lang";
let lang = pick();

function pick() {
  const chosen = kept.get(KEY);
  if (chosen in words) return chosen;
  return (navigator.language || "zh").toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}

export const language = () => lang;
export const otherLanguage = () => (lang === "en" ? "zh-CN" : "en");
export const acceptLanguage = () => (lang === "en" ? "en, zh;q=0.5" : "zh-CN, zh;q=0.9, en;q=0.5");

export function setLanguage(next) {
  lang = next;
  kept.set(KEY, next);
}

export function t(key, values = {}) {
  return words[lang][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The text of a {"zh","en"} pair in the chosen language, or in the other one where it is missing. */
export function local(pair) {
  if (!pair) return "";
  return (lang === "en" ? pair.en || pair.zh : pair.zh || pair.en) || "";
}

export function number(n) {
  return new Intl.NumberFormat(lang).format(n);
}

export function percent(odds) {
  return new Intl.NumberFormat(lang, { style: "percent", maximumSignificantDigits: 6 }).format(odds);
}

/** "1 in N" of a probability: exact when N is whole, else to three digits with "about". */
export function oneIn(odds) {
  const n = 1 / odds;
  const whole = Math.round(n);
  if (Math.abs(n - whole) < 1e-6 * n) return t("one_in_exact", { n: number(whole) });
  return t("one_in", { n: new Intl.NumberFormat(lang, { maximumSignificantDigits: 3 }).format(n) });
}

/** A moment on the campaign's own clock. */
export function moment(text, zone) {
  const options = { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(lang, { ...options, timeZone: zone }).format(new Date(text));
}

/** Fills every element that names its sentence with data-t (text) or data-t-label (accessible name). */
export function translatePage(root = document) {
  document.documentElement.lang = lang;
  for (const el of root.querySelectorAll("[data-t]")) el.textContent = t(el.dataset.t);
  for (const el of root.querySelectorAll("[data-t-label]")) el.setAttribute("aria-label", t(el.dataset.tLabel));
}
