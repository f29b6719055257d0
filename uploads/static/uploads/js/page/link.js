/** What the browser knows of the connection. */

/**
 * @typedef {{effectiveType?: string, downlink?: number, rtt?: number}} Connection Network Information API; absent in
 *   Firefox and Safari
 */

const MOST_CHARACTERS = 200; // as the portal takes it

/** @type {import("../engine/pause-gate.js").Link} */
export const browserLink = {
  isOnline: () => navigator.onLine,
  onChange(listener) {
    addEventListener("online", listener);
    addEventListener("offline", listener);
    return () => {
      removeEventListener("online", listener);
      removeEventListener("offline", listener);
    };
  },
  /** Such as "online 4g 1.5 Mbit/s 300 ms". */
  facts() {
    const { effectiveType, downlink, rtt } = /** @type {{connection?: Connection}} */ (navigator).connection ?? {};
    const facts = [
      navigator.onLine ? "online" : "offline",
      effectiveType,
      downlink !== undefined && `${downlink} Mbit/s`,
      rtt !== undefined && `${rtt} ms`,
    ];
    return facts.filter(Boolean).join(" ").slice(0, MOST_CHARACTERS);
  },
};
