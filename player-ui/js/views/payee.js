// payee.js - where the player is paid: shown masked, and in a demo set right here.
import { putPayee } from "../api.js";
import { h } from "../dom.js";
import { moment, t } from "../i18n.js";

const KINDS = [
  ["openid", "wechat"],
  ["alipay_user_id", "alipay"],
  ["alipay_logon_id", "alipay"],
];

const field = (key, id, input) => [h("label", { for: id }, t(key)), input];
const text = (id, most) => h("input", { id, type: "text", maxlength: most, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });

function bodyOf(form) {
  const kind = form.querySelector("#payee-kind").value;
  const name = form.querySelector("#payee-name").value.trim();
  const provider = KINDS.find(([one]) => one === kind)[1];
  return { provider, kind, id: form.querySelector("#payee-id").value.trim(), ...(name && { name }) };
}

function formOf(done) {
  const said = h("p", { role: "alert", class: "fault" });
  const send = async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    said.textContent = "";
    try {
      done(await putPayee(bodyOf(form)));
    } catch (problem) {
      said.textContent = problem.detail ? `${problem.title} (${problem.detail})` : problem.title;
      button.disabled = false;
    }
  };
  const form = h("form", { class: "fields", id: "payee-form", onsubmit: send },
    field("payee_kind", "payee-kind", h("select", { id: "payee-kind" }, KINDS.map(([kind]) => h("option", { value: kind }, t(`kind_${kind}`))))),
    field("payee_id", "payee-id", text("payee-id", 128)), field("payee_name", "payee-name", text("payee-name", 32)),
    said, h("button", { class: "btn primary", type: "submit" }, t("payee_save")));
  return form;
}

/** The card. done(answer) is called when a payee was set here. */
export function payeeCard(answer, zone, open, change, done) {
  const { payee, proof } = answer;
  const known = payee
    ? h("p", { "data-payee": payee.kind }, t(`kind_${payee.kind}`), " ", h("b", { class: "number" }, payee.id), payee.name ? ` ${payee.name}` : "")
    : h("p", {}, t("payee_none"));
  const waits = payee && !payee.usable ? h("p", { class: "muted" }, t("payee_cooling", { time: moment(payee.usable_from, zone) })) : null;
  const here = proof === "off";
  return h("section", { class: "card", id: "payee", "aria-labelledby": "payee-title" },
    h("h3", { id: "payee-title" }, t("payee_title")), known, waits,
    here ? null : h("p", { class: "muted" }, t("payee_elsewhere")),
    here && (open || !payee) ? formOf(done) : null,
    here && payee && !open ? h("button", { class: "btn quiet", type: "button", id: "payee-change", onclick: change }, t("payee_change")) : null);
}
