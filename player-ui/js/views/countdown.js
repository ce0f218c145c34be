// countdown.js - the time to the start or the end, on the server's clock and in the campaign's zone.
import { $, h } from "../dom.js";
import { moment, t } from "../i18n.js";
import { phaseOf, serverNow } from "../phase.js";

const UNITS = [["days", 86400], ["hours", 3600], ["minutes", 60], ["seconds", 1]];

let cells = [];
let target = 0;

/** Builds the clock; tick() then only changes its figures. */
export function renderCountdown(campaign) {
  const phase = phaseOf(campaign);
  const zone = campaign.time_zone;
  const when = (key, at) => h("p", { class: "when" }, t(key, { time: moment(at, zone), zone }));
  cells = [];
  if (phase === "ended") return $("countdown").replaceChildren(when("ended_at", campaign.ends_at));
  if (phase === "paused") return $("countdown").replaceChildren(h("p", {}, t("paused")), when("ends_at", campaign.ends_at));

  const soon = phase === "scheduled";
  target = Date.parse(soon ? campaign.starts_at : campaign.ends_at);
  cells = UNITS.map(([unit]) => h("b", { class: "number" }, "00", h("span", { class: "sr" }, t(unit))));
  const clock = UNITS.map(([unit], i) => h("span", { class: "cell" }, cells[i], h("span", { "aria-hidden": "true" }, t(unit))));
  $("countdown").replaceChildren(
    h("p", { id: "countdown-label" }, t(soon ? "starts_in" : "ends_in")),
    h("div", { class: "clock", role: "timer", "aria-labelledby": "countdown-label" }, clock),
    when(soon ? "starts_at" : "ends_at", soon ? campaign.starts_at : campaign.ends_at),
  );
  tick(campaign);
}

export function tick(campaign) {
  let left = Math.max(0, Math.ceil((target - serverNow(campaign)) / 1000));
  cells.forEach((cell, i) => {
    const [, seconds] = UNITS[i];
    cell.firstChild.data = String((left - (left % seconds)) / seconds).padStart(2, "0");
    left %= seconds;
  });
}
