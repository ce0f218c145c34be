// packet.js - the red packet: closed, being opened, and the card that comes out of it.
import { burst } from "../confetti.js";
import { $, calm, icon, say, sleep } from "../dom.js";
import { number, t } from "../i18n.js";
import { writeLarge, yuan } from "../money.js";
import { phaseOf } from "../phase.js";
import { isCash, prizeName } from "./prizes.js";

const OPENING_MIN_MS = 700; // the spin is part of the joy, also when the answer is fast
const UNFOLD_MS = 850;

let shown = null; // the draw on the card

/** Why the packet stays closed, as the key of a sentence; null when it may be opened. */
function reason(app) {
  const phase = phaseOf(app.campaign);
  if (phase === "scheduled") return "hint_soon";
  if (phase === "ended") return "hint_ended";
  if (!app.me) return "hint_signin";
  if (phase === "paused") return "hint_paused";
  return app.me.chances_left > 0 || app.resume ? null : "hint_none";
}

function renderChances(app) {
  const line = $("chances");
  line.replaceChildren();
  if (!app.me) return;
  const max = app.campaign.caps?.per_day;
  const today = t(max ? "opened_today_of" : "opened_today", { n: number(app.me.draws_today), max: max && number(max) });
  line.append(t("chances_left", { n: number(app.me.chances_left) }), " · ", today);
  line.dataset.left = app.me.chances_left;
}

export function renderPacket(app) {
  const packet = $("packet");
  const phase = packet.dataset.phase;
  const why = reason(app);
  packet.disabled = phase === "closed" && why !== null;
  $("packet-name").textContent = t(phase === "opening" ? "packet_opening" : "packet_open");
  $("hint").textContent = shown && !why ? "" : t(phase === "opening" ? "hint_opening" : why ?? "hint_open");
  renderChances(app);
  if (shown) renderResult(app);
}

function resultWords(app) {
  const { prize } = shown;
  if (!prize) return { title: t("none_title"), amount: "", name: t("none_text"), note: t("none_note"), kind: "none" };
  const name = prizeName(app.campaign, prize);
  const cash = isCash(prize.kind);
  return {
    title: t("won_title"), name, kind: prize.kind,
    amount: cash ? yuan(prize.amount_fen) : "",
    note: t(cash ? "won_cash_note" : "won_voucher_note"),
    spoken: t(cash ? "won_cash" : "won_other", { name, amount: cash ? yuan(prize.amount_fen) : "" }),
  };
}

function renderResult(app) {
  const words = resultWords(app);
  const card = $("result");
  card.dataset.outcome = shown.outcome;
  card.dataset.draw = shown.draw_id;
  card.dataset.amountFen = shown.prize?.amount_fen ?? "";
  $("result-icon").replaceChildren(icon(words.kind));
  $("result-title").textContent = words.title;
  $("result-amount").parentElement.hidden = !words.amount;
  if (words.amount) writeLarge($("result-amount"), shown.prize.amount_fen);
  $("result-name").textContent = words.name;
  $("result-note").textContent = words.note;
  $("again").hidden = reason(app) !== null;
  const link = $("result-link");
  const cash = shown.prize && isCash(shown.prize.kind);
  link.hidden = !shown.prize;
  link.href = cash ? "#wallet" : "#wins";
  link.textContent = t(cash ? "won_link_cash" : "won_link_other");
}

function setPhase(app, phase) {
  $("packet").dataset.phase = phase;
  renderPacket(app);
}

export const opening = () => $("packet").dataset.phase !== "closed";

/** Runs the draw behind the spinning seal, then shows its card. Throws what the draw throws, packet closed again. */
export async function openPacket(app, draw) {
  setPhase(app, "opening");
  say(t("packet_opening"));
  try {
    const [answer] = await Promise.all([draw(), sleep(calm() ? 0 : OPENING_MIN_MS)]);
    $("packet").dataset.phase = "open";
    if (answer.outcome === "won") burst($("packet"));
    await sleep(calm() ? 150 : UNFOLD_MS);
    showCard(app, answer);
  } catch (problem) {
    setPhase(app, "closed");
    throw problem;
  }
}

function showCard(app, answer) {
  const hadFocus = [$("packet"), document.body].includes(document.activeElement);
  shown = answer;
  $("result").hidden = false;
  setPhase(app, "gone");
  const words = resultWords(app);
  const left = t("again_note", { n: number(app.me.chances_left) });
  say([words.spoken ?? `${words.title}. ${words.name}`, words.note, left].join(" "));
  if (hadFocus) [$("again"), $("result-link"), $("result-title")].find((el) => !el.hidden).focus();
}

/** Puts the next closed packet where the card was. */
export function nextPacket(app) {
  shown = null;
  $("result").hidden = true;
  setPhase(app, "closed");
  $("packet").focus();
}

/** Puts everything back for another player. */
export function resetPacket() {
  shown = null;
  $("result").hidden = true;
  $("packet").dataset.phase = "closed";
}
