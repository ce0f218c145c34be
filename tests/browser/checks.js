// checks.js - what every state of the page must satisfy, looked at from inside the browser. Each answers a list of faults.
const checks = (() => {
  const visible = (el) => el.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && el.getClientRects().length > 0;
  const name = (el) => `${el.tagName.toLowerCase()}${el.id ? "#" + el.id : ""}${el.className?.split ? "." + el.className.split(" ")[0] : ""}`;
  const controls = () => [...document.querySelectorAll("a[href], button, input, textarea, select")].filter(visible);

  function accessibleName(el) {
    const byId = (el.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join("");
    const labels = [...(el.labels ?? [])].map((label) => label.textContent).join("");
    return (el.getAttribute("aria-label") || byId || labels || el.textContent || "").trim();
  }

  function structure() {
    const faults = [];
    const h1 = [...document.querySelectorAll("h1")];
    if (h1.length !== 1 || !h1[0].textContent.trim()) faults.push(`${h1.length} h1`);
    if (!/^(zh-CN|en)$/.test(document.documentElement.lang)) faults.push(`lang ${document.documentElement.lang}`);
    for (const landmark of ["main", "nav", "header"]) if (document.querySelectorAll(landmark).length < 1) faults.push(`no ${landmark}`);
    for (const img of document.querySelectorAll("img")) if (!img.hasAttribute("alt")) faults.push(`no alt: ${img.src}`);
    for (const el of controls()) if (!accessibleName(el)) faults.push(`no name: ${name(el)}`);
    const ids = [...document.querySelectorAll("[id]")].map((el) => el.id);
    for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`id twice: ${id}`);
    for (const el of document.querySelectorAll("[aria-labelledby], [aria-describedby]"))
      for (const id of `${el.getAttribute("aria-labelledby") ?? ""} ${el.getAttribute("aria-describedby") ?? ""}`.split(" "))
        if (id && !document.getElementById(id)) faults.push(`points nowhere: ${id}`);
    let last = 1;
    for (const heading of [...document.querySelectorAll("h1, h2, h3, h4")].filter(visible)) {
      const level = Number(heading.tagName[1]);
      if (level > last + 1) faults.push(`heading jumps: ${heading.textContent}`);
      last = level;
    }
    if (!document.querySelector("[aria-live=polite]")) faults.push("no live region");
    return faults;
  }

  /** Buttons and links at least 44 by 44. A link inside a sentence would be exempt; there is none. */
  function targets() {
    return controls().filter((el) => !el.closest(".skip")).flatMap((el) => {
      const { width, height } = el.getBoundingClientRect();
      return width < 44 || height < 44 ? [`${name(el)} ${Math.round(width)}x${Math.round(height)}`] : [];
    });
  }

  function overflow() {
    const faults = [];
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > wide) faults.push(`page ${document.documentElement.scrollWidth} > ${wide}`);
    for (const el of [...document.querySelectorAll("main *, header *, nav *")].filter(visible)) {
      if (el.closest("svg") || el.matches(".lantern, .sr") || el.closest(".packet, .sr, thead")) continue;
      const box = el.getBoundingClientRect();
      if (box.right > wide + 1 || box.left < -1) faults.push(`${name(el)} ${Math.round(box.left)}..${Math.round(box.right)}`);
    }
    return faults;
  }

  const channel = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
  const colours = (text) => [...text.matchAll(/rgba?\(([^)]+)\)/g)].map((m) => m[1].split(/[ ,/]+/).filter(Boolean).map(Number));
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * (top[3] ?? 1) + under[i] * (1 - (top[3] ?? 1)));
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

  /** Every colour that may lie behind: the nearest opaque background, each stop of a gradient counted by itself. */
  function backgrounds(el) {
    const layers = [];
    for (let at = el; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const stops = colours(style.backgroundImage);
      const flat = colours(style.backgroundColor)[0];
      if (stops.length && stops.every((c) => (c[3] ?? 1) === 1)) return stops.map((c) => layers.reduceRight((u, top) => over(top, u), c));
      if (flat && (flat[3] ?? 1) === 1) return [layers.reduceRight((u, top) => over(top, u), flat)];
      if (flat && flat[3] > 0) layers.push(flat);
    }
    return [layers.reduceRight((u, top) => over(top, u), [255, 255, 255])];
  }

  /** Contrast of every visible text: 4.5, or 3 for large text. */
  function contrast() {
    const faults = [];
    for (const el of [...document.querySelectorAll("body *")].filter(visible)) {
      if (el.closest("svg, .sr, .skip, [disabled], noscript")) continue;
      if (![...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
      const style = getComputedStyle(el);
      const size = parseFloat(style.fontSize);
      const need = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      const [ink] = colours(style.color);
      for (const ground of backgrounds(el)) {
        const got = ratio(luminance(over(ink, ground)), luminance(ground));
        if (got < need) faults.push(`${name(el)} "${el.textContent.trim().slice(0, 20)}" ${got.toFixed(2)} < ${need}`);
      }
    }
    return faults;
  }

  return { structure, targets, overflow, contrast };
})();
