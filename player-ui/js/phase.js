// phase.js - where the campaign stands at this moment of the server's clock.
export const serverNow = (campaign) => Date.now() + campaign.skew_ms;

/** The start has passed, and the server still said "scheduled": the public value of its seed is not known yet. */
export const startsLate = (campaign) =>
  campaign.state === "scheduled" && Date.parse(campaign.server_time) >= Date.parse(campaign.starts_at);

/** "scheduled", "live", "paused" or "ended". Start and end come by the clock, without asking the server in the same
 * second as everyone else; a pause, or a start that has to wait, is known from the server only. */
export function phaseOf(campaign) {
  const now = serverNow(campaign);
  if (campaign.state === "ended" || now >= Date.parse(campaign.ends_at)) return "ended";
  if (now < Date.parse(campaign.starts_at) || startsLate(campaign)) return "scheduled";
  return campaign.state === "paused" ? "paused" : "live";
}
