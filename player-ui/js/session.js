// session.js - who is here and what is under way: the sign-in token, the engine's session, the unanswered draw and withdrawal.
import { tab } from "./storage.js";

const TOKEN = "hongbao.token";
const SESSION = "hongbao.session";
const askedKey = (campaign) => `hongbao.withdraw.${campaign}`;
const pendingKey = (campaign) => `hongbao.pending.${campaign}`;

/** Takes #token=... out of the address bar, so that it is in no history, bookmark or screenshot. */
export function adoptFragment() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const token = parts.get("token");
  if (token === null) return false;
  history.replaceState(null, "", location.pathname + location.search);
  if (token.trim()) signIn(token.trim());
  return true;
}

export function signIn(token) {
  tab.set(TOKEN, token);
  tab.drop(SESSION);
}

export function signOut() {
  tab.drop(TOKEN);
  tab.drop(SESSION);
}

/** The short session once there is one; the sign-in token before that and after the session's end. */
export const bearer = () => tab.get(SESSION) ?? tab.get(TOKEN);

export function keepSession(session) {
  if (session?.token) tab.set(SESSION, session.token);
}

/** Forgets the session. True when there was one, so that the sign-in token may be tried instead. */
export function dropSession() {
  const had = tab.get(SESSION) !== null && tab.get(TOKEN) !== null;
  tab.drop(SESSION);
  return had;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The draw without an answer, {key, draw_no, player}; null when there is none. */
export const pendingDraw = (campaign) => parsed(tab.get(pendingKey(campaign)));

export const keepPending = (campaign, draw) => tab.set(pendingKey(campaign), JSON.stringify(draw));
export const dropPending = (campaign) => tab.drop(pendingKey(campaign));

/** The withdrawal without an answer, {key, player}; null when there is none. */
export const asked = (campaign) => parsed(tab.get(askedKey(campaign)));
export const keepAsked = (campaign, request) => tab.set(askedKey(campaign), JSON.stringify(request));
export const dropAsked = (campaign) => tab.drop(askedKey(campaign));
