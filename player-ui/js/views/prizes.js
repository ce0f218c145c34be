// prizes.js - the names of prizes and kinds.
import { local, t } from "../i18n.js";

export const prizeOf = (campaign, id) => campaign.prizes.find((prize) => prize.id === id);
export const isCash = (kind) => kind === "cash" || kind === "cash_split";

/** A won prize's name: the campaign's own, its kind where the campaign no longer lists it. */
export function prizeName(campaign, prize) {
  return local(prizeOf(campaign, prize.id)?.name) || t(`kind_${prize.kind}`);
}
