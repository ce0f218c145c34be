// money.js - fen in, "¥1,234.50" out. Whole numbers only: no amount ever passes through a fraction.
/** Writes an amount in large figures; the style sheet fits them to the width by their number. */
export function writeLarge(el, fen) {
  el.textContent = yuan(fen);
  el.style.setProperty("--chars", el.textContent.length);
  return el;
}

export function yuan(fen) {
  if (!Number.isSafeInteger(fen)) return "¥?";
  const size = Math.abs(fen);
  const rest = size % 100;
  const whole = String((size - rest) / 100).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${fen < 0 ? "-" : ""}¥${whole}.${String(rest).padStart(2, "0")}`;
}
