// api.js - the public API: one function per call, one error type, and the waiting between attempts.
import { acceptLanguage, t } from "./i18n.js";
import { bearer, dropSession, keepSession } from "./session.js";

const TIMEOUT_MS = 15000;
const ATTEMPTS = 8;

/** What the server refused, or code "network" when it was not reached. The title is in the reader's language. */
export class Problem extends Error {
  constructor({ status, code, title, detail = "", retryAfterMs = 0, until = null, minFen = null }) {
    super(title);
    Object.assign(this, { status, code, title, detail, retryAfterMs, until, minFen });
  }

  /** May the same request be sent again as it is? */
  get again() {
    return this.code === "network" || this.code === "wins_changed" || [408, 429, 500, 502, 503, 504].includes(this.status);
  }
}

function retryAfter(response) {
  const value = response.headers.get("Retry-After");
  if (value === null) return 0;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

async function problemOf(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    // Something between the engine and the phone answered; the status has to do.
  }
  return new Problem({
    status: response.status,
    code: body.code ?? `http_${response.status}`,
    title: body.title ?? `${t("network")} (${response.status})`,
    detail: body.detail,
    until: body.until,
    minFen: body.min_fen,
    retryAfterMs: retryAfter(response),
  });
}

async function send(method, path, { auth = true, headers = {}, body } = {}) {
  const all = { "Accept-Language": acceptLanguage(), Accept: "application/json", ...headers };
  if (auth && bearer()) all.Authorization = `Bearer ${bearer()}`;
  if (body !== undefined) all["Content-Type"] = "application/json";
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  let response;
  try {
    response = await fetch(path, { method, headers: all, body: body && JSON.stringify(body), signal: stop.signal, cache: "no-store" });
    if (response.ok) return { body: await response.json(), headers: response.headers };
  } catch {
    throw new Problem({ status: 0, code: "network", title: t(navigator.onLine ? "network" : "offline") });
  } finally {
    clearTimeout(timer);
  }
  throw await problemOf(response);
}

/** Sends; a session that is over is given up once in favour of the sign-in token. */
async function call(method, path, options) {
  try {
    return await send(method, path, options);
  } catch (problem) {
    if (problem.status === 401 && dropSession()) return send(method, path, options);
    throw problem;
  }
}

/** The server's wait, or a doubling one without it; jitter on top, so that phones do not come back together. */
function waitMs(problem, attempt) {
  const backoff = Math.min(8000, 500 * 2 ** attempt);
  const floor = problem.retryAfterMs || backoff / 2;
  return floor + Math.random() * Math.max(backoff / 2, floor / 4);
}

function pause(ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    if (!navigator.onLine) addEventListener("online", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** Does the work until it succeeds, is refused for good, or has been tried often enough. */
export async function persist(work, onWait = () => {}) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (problem) {
      if (!problem.again || attempt + 1 >= ATTEMPTS) throw problem;
      const ms = waitMs(problem, attempt);
      onWait(problem, ms);
      await pause(ms);
    }
  }
}

const campaignPath = (id) => `/v1/campaigns/${encodeURIComponent(id)}`;

export async function getCampaign(id) {
  const before = Date.now();
  const { body } = await call("GET", campaignPath(id), { auth: false });
  // Half of the way there and back is the best guess of when the server looked at its clock.
  return { ...body, skew_ms: Date.parse(body.server_time) - (before + Date.now()) / 2 };
}

export async function getMe(id) {
  const { body } = await call("GET", `${campaignPath(id)}/me`);
  keepSession(body.session);
  return body;
}

export async function getWins(id, cursor) {
  const query = new URLSearchParams({ limit: "20", ...(cursor && { cursor }) });
  return (await call("GET", `${campaignPath(id)}/wins?${query}`)).body;
}

const wallet = async (method, path = "", options = {}) => (await call(method, `/v1/wallet${path}`, options)).body;

export const getWallet = () => wallet("GET");
export const getTransactions = (cursor) => wallet("GET", `/transactions?${new URLSearchParams({ limit: "10", ...(cursor && { cursor }) })}`);
export const getPayee = () => wallet("GET", "/payee");
export const putPayee = (body) => wallet("PUT", "/payee", { body });
export const getQuote = (campaign) => wallet("POST", "/withdrawals/quote", { body: { campaign } });
export const postWithdrawal = (key, campaign) => wallet("POST", "/withdrawals", { headers: { "Idempotency-Key": key }, body: { campaign } });
export const getWithdrawals = () => wallet("GET", "/withdrawals?limit=10");
export const getWithdrawal = (id) => wallet("GET", `/withdrawals/${encodeURIComponent(id)}`);
export const payAgain = (id, part) => wallet("POST", `/withdrawals/${encodeURIComponent(id)}/parts/${part}/again`);

export async function postDraw(id, key, drawNo) {
  const { body, headers } = await call("POST", `${campaignPath(id)}/draws`, {
    headers: { "Idempotency-Key": key },
    body: { draw_no: drawNo },
  });
  return { ...body, replayed: headers.get("Idempotency-Replayed") === "true" };
}
