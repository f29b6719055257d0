/**
 * The health page brings itself up to date while somebody looks at it: the worker looks every five minutes, so a minute
 * is soon enough. A hidden tab asks for nothing, and what somebody has put the keyboard's focus into is left alone.
 */

const EVERY_MS = 60_000;
const ID = 'health-findings';

/** @returns {Promise<void>} Whatever goes wrong, the page stays as it was: the next minute is another try. */
async function refresh() {
  const shown = document.getElementById(ID);
  if (document.hidden || !shown || shown.contains(document.activeElement)) return;
  const response = await fetch(location.href, { headers: { Accept: 'text/html' } });
  // Somebody whose session has ended is sent to the sign-in page.
  if (!response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const fresh = page.getElementById(ID);
  if (fresh) shown.replaceWith(document.adoptNode(fresh));
}

const tick = () => refresh().catch(() => {});
setInterval(tick, EVERY_MS);
document.addEventListener('visibilitychange', tick);
