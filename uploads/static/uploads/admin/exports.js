/**
 * The page of exports shows how far each is without being loaded again, and tells when one has ended.
 */

const EVERY_MS = 2_000;
const AWAY_MS = 10_000; // a portal that does not answer is asked less often

/**
 * @typedef {{id: number, state: string, text: string, percent: number | null, is_under_way: boolean}} Progress
 */

/**
 * @param {ParentNode} place
 * @param {string} selector
 */
function one(place, selector) {
  /** @type {HTMLElement|null} */ const element = place.querySelector(selector);
  if (!element) throw new Error(`no element ${selector}`);
  return element;
}

/**
 * @param {Progress} told
 * @param {HTMLElement} said
 */
function show(told, said) {
  const cell = one(document, `[data-export="${told.id}"]`);
  one(cell, '[data-text]').textContent = told.text;
  const bar = /** @type {HTMLProgressElement} */ (one(cell, 'progress'));
  bar.hidden = !told.is_under_way;
  if (told.percent === null) bar.removeAttribute('value');
  else bar.value = told.percent;
  if (told.is_under_way) return;
  cell.removeAttribute('data-under-way');
  cell.dataset.state = told.state;
  said.textContent = `Export ${told.id}: ${told.text}`;
  offer(told);
}

/** The row's links change with the state: of the ones that are there, those that fit it are shown. @param {Progress} told */
function offer(told) {
  /** @type {NodeListOf<HTMLElement>} */ const links = document.querySelectorAll(`[data-links-of="${told.id}"] [data-for]`);
  for (const link of links) {
    link.hidden = !link.dataset.for?.split(' ').includes(told.state);
  }
}

/** @param {HTMLElement} said */
async function look(said) {
  /** @type {NodeListOf<HTMLElement>} */ const cells = document.querySelectorAll('[data-under-way]');
  const ids = [...cells].map((cell) => ['id', String(cell.dataset.export)]);
  if (ids.length === 0) return;
  let wait = EVERY_MS;
  try {
    const response = await fetch(`${said.dataset.progressUrl}?${new URLSearchParams(ids)}`);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    for (const told of (await response.json()).exports) show(told, said);
  } catch {
    wait = AWAY_MS;
  }
  setTimeout(() => look(said), wait);
}

const said = document.getElementById('exports-said');
if (said) look(said);
