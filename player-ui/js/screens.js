// screens.js - which of the four screens is open, named by the address (#wins) so that "back" works.
import { $ } from "./dom.js";

const NAMES = ["home", "wins", "wallet", "rules"];

export const screen = () => NAMES.find((name) => location.hash === `#${name}`) ?? "home";

/** Shows the screen of the address; a change by the user moves the focus to its heading. */
export function showScreen({ focus }) {
  const open = screen();
  for (const name of NAMES) {
    $(name).hidden = name !== open;
    const link = document.querySelector(`.tabs a[href="#${name}"]`);
    if (name === open) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!focus) return;
  scrollTo(0, 0);
  $(open).querySelector("h2[tabindex], h1[tabindex]")?.focus({ preventScroll: true });
}
