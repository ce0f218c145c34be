// moves.js - the movements of the wallet, newest first, page by page.
import { getTransactions, persist } from "../api.js";
import { h } from "../dom.js";
import { moment, t } from "../i18n.js";
import { yuan } from "../money.js";

let moves = [];
let cursor = null;

export async function loadMoves(from = null) {
  const page = await persist(() => getTransactions(from));
  moves = from ? moves.concat(page.transactions) : page.transactions;
  cursor = page.next_cursor;
}

function row(app, move) {
  const paid = move.kind === "paid";
  const sum = paid ? yuan(move.net_fen) : `${move.amount_fen > 0 ? "+" : ""}${yuan(move.amount_fen)}`;
  return h("li", { class: "card win", "data-move": move.id },
    h("span", { class: "what" }, h("b", {}, t(`move_${move.kind}`)),
      h("small", {}, h("time", { datetime: move.at }, moment(move.at, app.campaign.time_zone)))),
    h("span", { class: "sum" }, sum));
}

/** render() draws the screen again; fail(problem) says what went wrong. */
export function movesList(app, render, fail) {
  if (moves.length === 0) return null;
  const more = async (event) => {
    event.target.disabled = true;
    try {
      await loadMoves(cursor);
      render();
    } catch (problem) {
      fail(problem);
    }
  };
  return h("section", { "aria-labelledby": "moves-title", class: "stack" }, h("h3", { id: "moves-title" }, t("moves_title")),
    h("ul", { class: "list", id: "moves" }, moves.map((move) => row(app, move))),
    cursor ? h("button", { class: "btn quiet", type: "button", id: "moves-more", onclick: more }, t("more")) : null);
}
