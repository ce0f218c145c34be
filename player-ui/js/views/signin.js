// signin.js - the friendly stop for someone without a token. A demo lets one be pasted.
import { $ } from "../dom.js";
import { t } from "../i18n.js";

export function renderSignin(app) {
  const needed = !app.me && app.signinNeeded;
  $("signin").hidden = !needed;
  if (!needed) return;
  const demo = app.campaign.sandbox;
  $("signin-text").textContent = t(demo ? "signin_text_sandbox" : "signin_text");
  $("signin-fields").hidden = !demo;
}

/** enter(token) is called with what was pasted: a bare token, or a whole link that carries one. */
export function onSignin(enter) {
  $("signin").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $("token").value.trim();
    const token = /token=([^&\s]+)/.exec(text)?.[1] ?? text;
    $("token").value = "";
    if (token) enter(decodeURIComponent(token));
  });
}
