// draw.js - one draw from key to answer. Its key stays in sessionStorage until the answer is certain, so that
// neither a lost connection nor a reload can use a second chance or lose a win.
import { persist, postDraw } from "./api.js";
import { dropPending, keepPending, pendingDraw } from "./session.js";

/** The player's draw that still waits for an answer, or null. */
export function unanswered(campaign, player) {
  const draw = pendingDraw(campaign);
  if (draw && draw.player !== player) dropPending(campaign);
  return draw?.player === player ? draw : null;
}

/** A fresh name for one request. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // randomUUID exists on secure origins only; a test phone on plain HTTP in the same network has this.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

/** Draws, or goes on with the unanswered draw. Refusals for good end the key; all others keep it. */
export async function draw(campaign, me, onWait) {
  const waiting = unanswered(campaign, me.player) ?? { key: newKey(), draw_no: me.next_draw_no, player: me.player };
  keepPending(campaign, waiting);
  try {
    const answer = await persist(() => postDraw(campaign, waiting.key, waiting.draw_no), onWait);
    dropPending(campaign);
    return answer;
  } catch (problem) {
    if (!problem.again && problem.status !== 401) dropPending(campaign);
    throw problem;
  }
}
