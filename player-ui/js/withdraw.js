// withdraw.js - one withdrawal from key to answer, and the page on which the provider asks the player. The key stays in
// sessionStorage until the answer is certain, so that neither a lost connection nor a reload can withdraw twice.
import { persist, postWithdrawal } from "./api.js";
import { newKey } from "./draw.js";
import { dropAsked, keepAsked, asked } from "./session.js";

/** Withdraws all that can be withdrawn of a campaign, or goes on with the request that has no answer yet. */
export async function withdraw(campaign, player, onWait) {
  const waiting = asked(campaign);
  const key = waiting?.player === player ? waiting.key : newKey();
  keepAsked(campaign, { key, player });
  try {
    const answer = await persist(() => postWithdrawal(key, campaign), onWait);
    dropAsked(campaign);
    return answer;
  } catch (problem) {
    if (!problem.again && problem.status !== 401) dropAsked(campaign);
    throw problem;
  }
}

/** How this phone can confirm: WeChat's own page, a sandbox's page, or not here. */
export function confirmation(confirm) {
  if (window.WeixinJSBridge) return "wechat";
  return confirm.url ? "page" : "elsewhere";
}

/** Opens WeChat's confirmation page; what it reports is a hint only, so the answer is not looked at. */
export function confirmInWechat(confirm) {
  const words = { mchId: confirm.mch_id, appId: confirm.app_id, package: confirm.package };
  return new Promise((resolve) => window.WeixinJSBridge.invoke("requestMerchantTransfer", words, resolve));
}
