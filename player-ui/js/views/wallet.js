// wallet.js - the player's money: what there is, where it goes, and how to get it.
import { getPayee, getQuote, getWallet, getWithdrawals, persist } from "../api.js";
import { $, h, say } from "../dom.js";
import { local, moment, number, t } from "../i18n.js";
import { writeLarge, yuan } from "../money.js";
import { screen } from "../screens.js";
import { asked } from "../session.js";
import { withdraw } from "../withdraw.js";
import { loadMoves, movesList } from "./moves.js";
import { payeeCard } from "./payee.js";
import { underWay, withParts, withdrawalsList } from "./withdrawals.js";

const LOOK_MS = 5000;

let wallet = null;
let payee = null;
let withdrawals = [];
let quote = null; // {campaign, ...}: what is about to be withdrawn
let fault = null; // {campaign, title}: why it was not
let busy = false;
let changing = false;
let timer = null;

const pair = (key, value) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value));
const money = (entry, key, label) => (entry[key] ? pair(label, yuan(entry[key])) : null);
const nameOf = (app, entry) => (entry.campaign === app.id ? local(app.campaign.title) : t("campaign_named", { id: entry.campaign }));

function faultOf(app, problem) {
  const until = problem.until ? ` ${t("possible_from", { time: moment(problem.until, app.campaign.time_zone) })}` : "";
  const least = problem.minFen ? ` ${t("at_least", { amount: yuan(problem.minFen) })}` : "";
  return problem.title + until + least;
}

/** Does one of the player's wishes; while it runs no other can be asked for. */
async function act(app, campaign, work) {
  if (busy) return;
  busy = true;
  fault = null;
  renderWallet(app);
  try {
    await work();
  } catch (problem) {
    fault = { campaign, title: faultOf(app, problem) };
  }
  busy = false;
  renderWallet(app);
  follow(app);
}

const ask = (app, campaign) => act(app, campaign, async () => (quote = { campaign, ...(await persist(() => getQuote(campaign))) }));

const send = (app, campaign) => act(app, campaign, async () => {
  quote = null;
  await withdraw(campaign, wallet.player);
  await read();
  say(t("withdraw_taken"));
});

function quoteCard(app, entry) {
  return h("div", { class: "step", id: "quote", "data-net-fen": quote.net_fen },
    h("dl", { class: "pairs" }, pair("quote_wins", t("times", { n: number(quote.wins) })),
      quote.tax_fen ? pair("quote_tax", yuan(quote.tax_fen)) : null, pair("quote_net", yuan(quote.net_fen))),
    h("button", { class: "btn primary", type: "button", id: "withdraw-now", disabled: busy, onclick: () => send(app, entry.campaign) }, t("withdraw_now")),
    h("button", { class: "btn quiet", type: "button", disabled: busy, onclick: () => ((quote = null), renderWallet(app)) }, t("withdraw_not")));
}

/** What can be done with a campaign's balance now. */
function actions(app, entry) {
  if (entry.withdrawing === "window") {
    return h("p", { class: "muted" }, entry.opens_at ? t("window_opens", { time: moment(entry.opens_at, app.campaign.time_zone) }) : t("window_none"));
  }
  if (entry.withdrawing !== "open") return h("p", { class: "muted" }, t(`withdrawing_${entry.withdrawing}`));
  if (asked(entry.campaign)?.player === wallet.player && !busy) {
    return h("button", { class: "btn primary", type: "button", onclick: () => send(app, entry.campaign) }, t("withdraw_resume"));
  }
  if (entry.balance_fen === 0) return null;
  if (quote?.campaign === entry.campaign) return quoteCard(app, entry);
  return h("button", { class: "btn primary", type: "button", "data-withdraw": entry.campaign, disabled: busy || !payee.payee,
    onclick: () => ask(app, entry.campaign) }, t("withdraw"));
}

function campaignCard(app, entry) {
  const lapses = entry.lapses_at ? h("p", { class: "muted" }, t("lapses", { time: moment(entry.lapses_at, app.campaign.time_zone) })) : null;
  return h("li", { class: "card" }, h("h3", {}, nameOf(app, entry)),
    h("dl", { class: "pairs" },
      pair("balance", yuan(entry.balance_fen)), money(entry, "bound_fen", "bound"), money(entry, "paid_fen", "paid"),
      money(entry, "tax_fen", "tax"), money(entry, "expired_fen", "expired"), money(entry, "clawed_back_fen", "clawed_back"),
      pair("cash_wins", t("times", { n: number(entry.cash_wins) })),
      pair("other_wins", t("times", { n: number(entry.other_wins) }))),
    lapses, actions(app, entry),
    fault?.campaign === entry.campaign ? h("p", { role: "alert", class: "fault" }, fault.title) : null);
}

export function renderWallet(app) {
  if (!wallet) return;
  const again = () => look(app);
  const fail = (problem) => app.fail($("wallet-body"), problem);
  const set = async (answer) => {
    payee = answer;
    changing = false;
    say(t("payee_saved"));
    renderWallet(app);
  };
  $("wallet-body").replaceChildren(
    ...[h("div", { class: "balance", "data-balance-fen": wallet.balance_fen },
      h("p", {}, t("balance")),
      h("p", { class: "sum-box" }, writeLarge(h("b", { class: "amount" }), wallet.balance_fen)),
      h("p", {}, t("wins_total", { n: number(wallet.wins) }))),
    wallet.sandbox && !app.campaign.sandbox ? h("p", { class: "card muted", id: "wallet-sandbox" }, t("wallet_sandbox")) : null,
    h("ul", { class: "list" }, wallet.campaigns.map((entry) => campaignCard(app, entry))),
    payeeCard(payee, app.campaign.time_zone, changing, () => ((changing = true), renderWallet(app)), set),
    withdrawalsList(app, withdrawals, again),
    movesList(app, () => renderWallet(app), fail)].filter(Boolean));
}

async function read() {
  const [sums, where, list] = await Promise.all([persist(getWallet), persist(getPayee), persist(getWithdrawals), loadMoves()]);
  withdrawals = await withParts(list.withdrawals);
  wallet = sums;
  payee = where;
}

/** Reads anew; quietly, unless somebody is typing or deciding. */
export async function look(app) {
  if (!wallet) return;
  const typing = $("wallet-body").contains(document.activeElement) && document.activeElement.matches("input, select");
  if (screen() !== "wallet" || document.hidden || busy || quote || typing) {
    follow(app);
    return;
  }
  try {
    await read();
    renderWallet(app);
  } catch {
    // The next look tells.
  }
  follow(app);
}

/** While money is on its way, looks where it is. */
function follow(app) {
  clearTimeout(timer);
  if (screen() === "wallet" && underWay(withdrawals)) timer = setTimeout(() => look(app), LOOK_MS + Math.random() * 1000);
}

export async function loadWallet(app) {
  quote = fault = null;
  await read();
  renderWallet(app);
  follow(app);
}
