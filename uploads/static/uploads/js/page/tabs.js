/**
 * Two tabs of one browser at the same place: the second one waits, or both would read the card and send the same files.
 * (The portal would let no harm come of it.) Web Locks; where the page is served without TLS there are none.
 */

/**
 * @param {string} deploymentId
 * @param {string} dataType
 */
export function lockName(deploymentId, dataType) {
  return `ami-upload ${deploymentId} ${dataType}`;
}

/**
 * @param {string} name
 * @returns {Promise<(() => void)|null>} what gives the lock back; null when another tab has it
 */
export function hold(name) {
  if (!navigator.locks) return Promise.resolve(() => {});
  return new Promise((resolve, reject) => {
    const keep = (/** @type {Lock|null} */ lock) =>
      lock ? /** @type {Promise<void>} */ (new Promise((release) => resolve(() => release()))) : resolve(null);
    navigator.locks.request(name, { ifAvailable: true }, keep).catch(reject);
  });
}

/** @param {string} name */
export async function isHeld(name) {
  if (!navigator.locks) return false;
  const { held = [] } = await navigator.locks.query();
  return held.some((lock) => lock.name === name);
}

/**
 * Resolves when no tab has the lock any more.
 * @param {string} name
 * @param {AbortSignal} signal rejects with its reason
 */
async function whenFree(name, signal) {
  await navigator.locks?.request(name, { mode: "shared", signal }, () => {});
}

/** Whether another tab is at work at the place that is chosen; knows when it ends. */
export class OtherTabs {
  isElsewhere = false;
  #watching = new AbortController();
  #onChange;

  /** @param {(isElsewhere: boolean) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {string|null} name of the lock; null watches nothing */
  async watch(name) {
    this.#watching.abort();
    const { signal } = (this.#watching = new AbortController());
    this.#tell(false);
    if (!name || !(await isHeld(name)) || signal.aborted) return;
    this.#tell(true);
    try {
      await whenFree(name, signal);
      this.#tell(false);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** @param {boolean} isElsewhere */
  #tell(isElsewhere) {
    this.isElsewhere = isElsewhere;
    this.#onChange(isElsewhere);
  }
}
