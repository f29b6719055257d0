/** Keeps the screen, and with it the computer, awake while files are on their way. */

/**
 * Browsers let the lock go when the page is hidden, so it is asked for again when it is seen. One that is refused
 * (a low battery, an insecure address) is no loss: the upload then lasts as long as the computer is awake.
 * @returns {import("../engine/uploader.js").WakeLock}
 */
export function browserWakeLock() {
  let isWanted = false;
  /** @type {WakeLockSentinel|null} */ let lock = null;
  const take = async () => {
    const { wakeLock } = /** @type {Partial<Pick<Navigator, "wakeLock">>} */ (navigator);
    if (!isWanted || !wakeLock || document.visibilityState !== "visible") return;
    try {
      const taken = await wakeLock.request("screen");
      await lock?.release();
      lock = taken;
      if (!isWanted) await drop();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  };
  const drop = async () => {
    const held = lock;
    lock = null;
    await held?.release();
  };
  document.addEventListener("visibilitychange", take);
  return {
    hold() {
      isWanted = true;
      void take();
    },
    release() {
      isWanted = false;
      void drop();
    },
  };
}
