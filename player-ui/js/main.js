// main.js - the page: loads the campaign and the player, joins the views, and follows clock, address and language.
import { getCampaign, getMe, persist } from "./api.js";
import { sweep } from "./confetti.js";
import { $, h } from "./dom.js";
import { draw, unanswered } from "./draw.js";
import { language, local, otherLanguage, setLanguage, t, translatePage } from "./i18n.js";
import { phaseOf, startsLate } from "./phase.js";
import { screen, showScreen } from "./screens.js";
import { adoptFragment, bearer, signIn, signOut } from "./session.js";
import { renderCountdown, tick } from "./views/countdown.js";
import { clearNotice, showProblem, showText, showWait } from "./views/notice.js";
import { nextPacket, openPacket, opening, renderPacket, resetPacket } from "./views/packet.js";
import { renderFairness, renderRules } from "./views/rules.js";
import { onSignin, renderSignin } from "./views/signin.js";
import { loadWallet, look, renderWallet } from "./views/wallet.js";
import { loadWins, renderWins } from "./views/wins.js";

const WAITING_LOOK_MS = 20000;

const app = {
  id: new URLSearchParams(location.search).get("campaign") ?? "",
  campaign: null,
  me: null,
  resume: null, // the draw of an earlier visit that has no answer yet
  signinNeeded: false,
  fail: (place, problem) =>
    place.replaceChildren(h("p", { class: "card", role: "alert" }, problem.title),
      h("button", { class: "btn quiet", type: "button", onclick: openScreen }, t("reload"))),
};

let phase = null;

function renderLanguage() {
  translatePage();
  const button = $("lang");
  button.textContent = t("other_language");
  button.lang = otherLanguage();
}

function render() {
  renderLanguage();
  if (!app.campaign) return;
  phase = phaseOf(app.campaign);
  document.title = `${local(app.campaign.title)} · ${t("brand")}`;
  $("title").textContent = local(app.campaign.title);
  $("sandbox").hidden = !app.campaign.sandbox;
  document.body.dataset.campaign = phase;
  renderCountdown(app.campaign);
  renderPacket(app);
  renderSignin(app);
  renderRules(app.campaign);
  renderFairness(app);
  if (app.me) {
    renderWins(app);
    renderWallet(app);
  }
}

/** Reads the player anew. Being unknown is a state of the page, not an error. */
async function loadMe(onWait) {
  app.signinNeeded = !bearer();
  if (!bearer()) return;
  try {
    app.me = await persist(() => getMe(app.id), onWait);
    app.resume = unanswered(app.id, app.me.player);
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    leave(problem);
  }
}

function leave(problem) {
  signOut();
  app.me = null;
  app.signinNeeded = true;
  showProblem(problem);
}

async function load() {
  document.body.dataset.state = "loading";
  clearNotice();
  if (!app.id) {
    document.body.dataset.state = "failed";
    return showText(t("need_campaign"));
  }
  try {
    app.campaign = await persist(() => getCampaign(app.id), showWait);
    clearNotice();
    await loadMe(showWait);
    if (app.me) clearNotice();
    document.body.dataset.state = app.me ? "ready" : "signin";
  } catch (problem) {
    document.body.dataset.state = "failed";
    showProblem(problem, { action: { label: t("reload"), run: load } });
  }
  render();
  await openScreen();
  if (app.resume && !opening()) open();
}

/** Fetches what the open screen shows beyond campaign and player. */
async function openScreen() {
  const work = { wins: loadWins, wallet: loadWallet }[screen()];
  if (!work || !app.campaign) return;
  const place = $(`${screen()}-body`);
  if (!app.me) return place.replaceChildren(h("p", { class: "card" }, t("signin_title")),
    h("a", { class: "btn primary", href: "#home" }, t("to_home")));
  try {
    await work(app);
  } catch (problem) {
    app.fail(place, problem);
  }
}

async function drawOnce() {
  const answer = await draw(app.id, app.me, showWait);
  clearNotice();
  app.resume = null;
  app.me = { ...app.me, chances_left: answer.chances_left, next_draw_no: answer.draw_no + 1, draws_today: app.me.draws_today + 1 };
  if (answer.replayed) await refresh(); // the answer is an old one, and so are its figures
  return answer;
}

async function open() {
  clearNotice();
  if (app.resume) showText(t("resumed"));
  try {
    await openPacket(app, drawOnce);
  } catch (problem) {
    await refused(problem);
  }
}

async function refused(problem) {
  if (problem.status === 401) leave(problem);
  else if (problem.again) {
    app.resume = unanswered(app.id, app.me.player);
    showProblem(problem, { more: t("gave_up"), action: { label: t("try_again"), run: open } });
  } else {
    app.resume = null;
    await refresh();
    showProblem(problem, { more: problem.code === "draw_no_mismatch" ? t("refreshed") : "" });
  }
  render();
}

/** Looks again at campaign and player, quietly: what is shown stays when the server does not answer. */
async function refresh() {
  try {
    app.campaign = await getCampaign(app.id);
    await loadMe();
  } catch {
    // The next draw or the next look tells.
  }
}

async function enter(token) {
  signIn(token);
  app.me = null;
  resetPacket();
  await load();
}

function everySecond() {
  if (!app.campaign) return;
  if (phaseOf(app.campaign) !== phase) render();
  else tick(app.campaign);
}

/** Only the server knows when a pause or a late start is over. */
async function whileWaiting() {
  if (!app.campaign || document.hidden || !(phase === "paused" || startsLate(app.campaign))) return;
  await refresh();
  render();
}

async function switchLanguage() {
  setLanguage(otherLanguage());
  if (!opening()) clearNotice();
  if (document.body.dataset.state === "failed") return renderLanguage(), load();
  render();
  if (screen() === "wallet") await openScreen(); // its stages come in the server's words
}

function followAddress() {
  if (adoptFragment()) {
    app.me = null;
    resetPacket();
    load();
  }
  sweep();
  showScreen({ focus: true });
  openScreen();
}

adoptFragment();
renderLanguage();
showScreen({ focus: false });
$("lang").addEventListener("click", switchLanguage);
$("packet").addEventListener("click", () => !opening() && open());
$("again").addEventListener("click", () => nextPacket(app));
onSignin(enter);
addEventListener("hashchange", followAddress);
document.addEventListener("visibilitychange", () => !document.hidden && app.campaign && !opening() && refresh().then(render).then(() => look(app)));
setInterval(everySecond, 1000);
setInterval(whileWaiting, WAITING_LOOK_MS + Math.random() * 5000);
document.documentElement.lang = language();
load();
