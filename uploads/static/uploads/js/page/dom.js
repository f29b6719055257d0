/** Small helpers over the DOM. Text goes in as text, never as markup. */

/**
 * @template {HTMLElement} [E=HTMLElement]
 * @param {string} id
 * @returns {E}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element ${id}`);
  return /** @type {E} */ (element);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string|boolean|EventListener>} [attributes] `onclick` and the like take a listener
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * A picture of one of our own shapes, so that no state is told by colour alone.
 * @param {"good"|"bad"} kind
 */
export function sign(kind) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 48 48");
  svg.setAttribute("class", "sign");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", kind === "good" ? "M13 25l8 8 15-18" : "M24 12v16m0 7v.5");
  svg.append(line);
  return svg;
}

/** Lets the browser draw and answer before the work goes on. */
export function pause() {
  return /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      setTimeout(resolve);
    })
  );
}
