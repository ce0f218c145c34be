// wallet.js - what the player's cash wins add up to.
import { getWallet, persist } from "../api.js";
import { $, h } from "../dom.js";
import { local, number, t } from "../i18n.js";
import { writeLarge, yuan } from "../money.js";

let wallet = null;

const pair = (key, value) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value));

function campaignCard(app, entry) {
  const name = entry.campaign === app.id ? local(app.campaign.title) : t("campaign_named", { id: entry.campaign });
  return h("li", { class: "card" }, h("h3", {}, name),
    h("dl", { class: "pairs" },
      pair("balance", yuan(entry.balance_fen)),
      pair("cash_wins", t("times", { n: number(entry.cash_wins) })),
      pair("other_wins", t("times", { n: number(entry.other_wins) }))));
}

export function renderWallet(app) {
  if (!wallet) return;
  $("wallet-body").replaceChildren(
    h("div", { class: "balance", "data-balance-fen": wallet.balance_fen },
      h("p", {}, t("balance")),
      h("p", { class: "sum-box" }, writeLarge(h("b", { class: "amount" }), wallet.balance_fen)),
      h("p", {}, t("wins_total", { n: number(wallet.wins) }))),
    h("ul", { class: "list" }, wallet.campaigns.map((entry) => campaignCard(app, entry))));
}

export async function loadWallet(app) {
  wallet = await persist(getWallet);
  renderWallet(app);
}
