// notice.js - what went wrong or is being tried again, in the server's own words where there are any.
import { $, h } from "../dom.js";
import { t } from "../i18n.js";

let timer = null;

function show(...content) {
  clearInterval(timer);
  $("notice").replaceChildren(...content);
  $("notice").hidden = false;
}

export function clearNotice() {
  clearInterval(timer);
  $("notice").hidden = true;
  $("notice").replaceChildren();
  delete $("notice").dataset.code;
}

export function showText(text) {
  show(h("p", {}, text));
}

/** A problem that stays; action is {label, run} of the button under it. */
export function showProblem(problem, { more = "", action = null } = {}) {
  show(
    h("p", {}, h("strong", {}, problem.title)),
    problem.detail ? h("small", {}, problem.detail) : "",
    more ? h("p", {}, more) : "",
    action ? h("button", { class: "btn primary", type: "button", onclick: action.run }, action.label) : "",
  );
  $("notice").dataset.code = problem.code ?? "";
}

/** A problem that passes: counts down to the next attempt. Only the sentence is announced, not each second. */
export function showWait(problem, ms) {
  const due = Date.now() + ms;
  const line = h("p", { "aria-live": "off" });
  const tick = () => {
    const seconds = Math.ceil((due - Date.now()) / 1000);
    line.textContent = seconds > 0 ? t("retry_in", { s: seconds }) : t("retry_now");
  };
  tick();
  show(h("p", {}, h("strong", {}, problem.title)), line);
  $("notice").dataset.code = problem.code;
  timer = setInterval(tick, 1000);
}
