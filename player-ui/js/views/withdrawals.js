// withdrawals.js - the player's withdrawals: where each is, and what it still needs from the player.
import { getWithdrawal, payAgain } from "../api.js";
import { h } from "../dom.js";
import { moment, t } from "../i18n.js";
import { yuan } from "../money.js";
import { confirmInWechat, confirmation } from "../withdraw.js";

const WAITS = ["waiting_user", "retry"];

/** The list, with the parts of those that wait for the player. */
export async function withParts(list) {
  const full = list.map((one) => (WAITS.includes(one.stage) ? getWithdrawal(one.id).catch(() => one) : one));
  return Promise.all(full);
}

export const underWay = (list) => list.some((one) => one.state === "open");

function confirmStep(part, zone, look) {
  const { confirm } = part;
  const until = confirm.expires_at ? h("small", { class: "muted" }, t("confirm_until", { time: moment(confirm.expires_at, zone) })) : null;
  const way = confirmation(confirm);
  const act = {
    wechat: () => h("button", { class: "btn primary", type: "button", onclick: () => confirmInWechat(confirm).then(look) }, t("confirm_now")),
    page: () => h("a", { class: "btn primary", href: confirm.url, target: "_blank", rel: "noopener noreferrer" }, t("confirm_sandbox")),
    elsewhere: () => h("p", {}, t("confirm_elsewhere")),
  }[way]();
  return h("div", { class: "step", "data-confirm": part.part }, act, until);
}

function againStep(one, part, look) {
  const send = async (event) => {
    event.target.disabled = true;
    try {
      await payAgain(one.id, part.part);
    } catch (problem) {
      event.target.replaceWith(h("p", { role: "alert", class: "fault" }, problem.title));
      return;
    }
    look();
  };
  return h("div", { class: "step" }, h("p", {}, t("part_failed", { amount: yuan(part.net_fen) })),
    h("button", { class: "btn quiet", type: "button", onclick: send }, t("pay_again")));
}

function row(app, one, look) {
  const zone = app.campaign.time_zone;
  const steps = (one.parts ?? []).flatMap((part) => {
    if (part.confirm) return [confirmStep(part, zone, look)];
    return part.again ? [againStep(one, part, look)] : [];
  });
  return h("li", { class: "card win", "data-withdrawal": one.id, "data-stage": one.stage },
    h("span", { class: "what" }, h("b", {}, one.message),
      h("small", {}, h("time", { datetime: one.opened_at }, moment(one.opened_at, zone)),
        one.tax_fen ? h("span", {}, ` · ${t("tax_withheld", { amount: yuan(one.tax_fen) })}`) : null)),
    h("span", { class: "sum" }, yuan(one.net_fen)), steps);
}

/** look() reads everything anew after the player did something. */
export function withdrawalsList(app, list, look) {
  if (list.length === 0) return null;
  return h("section", { "aria-labelledby": "withdrawals-title", class: "stack" }, h("h3", { id: "withdrawals-title" }, t("withdrawals_title")),
    h("ul", { class: "list" }, list.map((one) => row(app, one, look))));
}
