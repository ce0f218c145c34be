// rules.js - how to play, prizes with their odds, and what makes the draws verifiable.
import { $, h } from "../dom.js";
import { local, moment, number, oneIn, percent, t } from "../i18n.js";
import { yuan } from "../money.js";
import { isCash } from "./prizes.js";

function howList(campaign) {
  const { chances, caps, time_zone: zone } = campaign;
  const lines = [
    t("rule_time", { from: moment(campaign.starts_at, zone), to: moment(campaign.ends_at, zone), zone }),
    chances.base > 0 && t("rule_base", { n: number(chances.base) }),
    chances.per_day > 0 && t("rule_day", { n: number(chances.per_day) }),
    caps.per_day && t("rule_cap_day", { n: number(caps.per_day) }),
    caps.per_campaign && t("rule_cap_all", { n: number(caps.per_campaign) }),
  ];
  return h("ul", { class: "plain" }, lines.filter(Boolean).map((line) => h("li", {}, line)));
}

function oddsWords(prize) {
  if (prize.mode === "moments") return [t("odds_moments"), t("odds_moments_note")];
  if (prize.mode === "always") return [t("odds_always"), t("odds_always_note")];
  return prize.odds > 0 ? [percent(prize.odds), oneIn(prize.odds)] : [percent(0), ""];
}

function amountWords(prize) {
  if (!isCash(prize.kind)) return t("amount_goods");
  if (prize.amount_fen !== null) return yuan(prize.amount_fen);
  return t("amount_split", { min: yuan(prize.amount_min_fen), max: yuan(prize.amount_max_fen) });
}

function stockBar(prize) {
  const fill = h("i");
  fill.style.width = `${prize.units > 0 ? (100 * prize.units_left) / prize.units : 0}%`;
  return h("span", { class: "bar", "aria-hidden": "true" }, fill);
}

/** A table that narrow screens lay out as cards; the roles keep it a table for screen readers. */
function prizeRow(prize) {
  const cell = (name, ...content) => h("td", { role: "cell", "data-name": t(name) }, content);
  const [odds, note] = oddsWords(prize);
  const limit = prize.wins_per_player ? h("small", {}, t("per_player", { n: number(prize.wins_per_player) })) : null;
  return h("tr", { role: "row", "data-prize": prize.id },
    h("th", { role: "rowheader", scope: "row" }, local(prize.name), h("small", {}, t(`kind_${prize.kind}`)), limit),
    cell("col_odds", h("b", {}, odds), h("small", {}, note)),
    cell("col_amount", h("span", {}, amountWords(prize))),
    cell("col_units", h("span", {}, `${number(prize.units_left)} / ${number(prize.units)}`, stockBar(prize))));
}

function oddsTable(campaign) {
  const head = ["col_prize", "col_odds", "col_amount", "col_units"];
  return h("table", { class: "odds", role: "table" },
    h("caption", {}, t("prizes_caption")),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" },
      head.map((name) => h("th", { role: "columnheader", scope: "col" }, t(name))))),
    h("tbody", { role: "rowgroup" }, campaign.prizes.map(prizeRow)));
}

export function renderRules(campaign) {
  const paragraphs = local(campaign.rules).split(/\n+/).filter(Boolean);
  $("rules-body").replaceChildren(
    h("div", { class: "card" }, paragraphs.map((text) => h("p", {}, text)), h("h3", {}, t("how_title")), howList(campaign)),
    h("div", { class: "card" }, h("h3", {}, t("prizes_title")), oddsTable(campaign)));
}

export function renderFairness({ campaign, me }) {
  const { fairness } = campaign;
  const code = (text) => h("code", {}, text);
  const rows = [
    ["commitment", code(fairness.commitment)],
    ["public_source", fairness.public_source ? local(fairness.public_source) : t("public_none")],
    fairness.public_source && ["public_value", fairness.public_value ? code(fairness.public_value) : t("public_later")],
    ["secret", fairness.secret ? code(fairness.secret) : t("secret_later")],
    ...fairness.versions.map(({ version, hash }) => [null, code(hash), t("version", { n: version })]),
    me && ["your_number", code(me.player)],
  ];
  const row = ([key, value, name]) => h("div", {}, h("dt", {}, name ?? t(key)), h("dd", {}, value));
  $("fairness-body").replaceChildren(
    h("p", {}, t("fairness_text")),
    h("dl", { class: "card pairs tall" }, rows.filter(Boolean).map(row)));
}
