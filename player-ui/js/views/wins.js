// wins.js - the player's own wins, newest first, page by page.
import { getWins, persist } from "../api.js";
import { $, h, icon } from "../dom.js";
import { moment, number, t } from "../i18n.js";
import { yuan } from "../money.js";
import { prizeName } from "./prizes.js";

let wins = [];
let cursor = null;

function row(app, win) {
  const cash = win.prize.amount_fen !== undefined && win.prize.amount_fen !== null;
  return h("li", { class: "card win", "data-draw": win.draw_id },
    h("span", { class: "mark" }, icon(win.prize.kind)),
    h("span", { class: "what" },
      h("b", {}, prizeName(app.campaign, win.prize)),
      h("small", {}, h("time", { datetime: win.won_at }, moment(win.won_at, app.campaign.time_zone)),
        " · ", h("span", {}, t("draw_no", { n: number(win.draw_no) })))),
    cash ? h("span", { class: "sum" }, yuan(win.prize.amount_fen)) : null,
    win.voucher?.code ? h("code", { class: "code", "data-code": win.draw_no }, win.voucher.code) : null,
    win.voucher ? h("small", { class: "muted" }, t(`voucher_${win.voucher.state}`)) : null);
}

export function renderWins(app) {
  if (wins.length === 0) {
    $("wins-body").replaceChildren(h("p", { class: "card" }, t("wins_none")),
      h("a", { class: "btn primary", href: "#home" }, t("to_home")));
    return;
  }
  $("wins-body").replaceChildren(
    h("ul", { class: "list" }, wins.map((win) => row(app, win))),
    cursor
      ? h("button", { class: "btn quiet", type: "button", id: "more", onclick: () => loadMore(app) }, t("more"))
      : h("p", { class: "muted" }, t("wins_all")));
}

async function page(app, from) {
  const body = await persist(() => getWins(app.id, from));
  wins = from ? wins.concat(body.wins) : body.wins;
  cursor = body.next_cursor;
}

export async function loadWins(app) {
  await page(app, null);
  renderWins(app);
}

async function loadMore(app) {
  const first = wins.length;
  $("more").disabled = true;
  try {
    await page(app, cursor);
  } catch (problem) {
    return app.fail($("wins-body"), problem);
  }
  renderWins(app);
  const next = $("wins-body").querySelectorAll("li")[first];
  next?.setAttribute("tabindex", "-1");
  next?.focus();
}
