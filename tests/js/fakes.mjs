// Ports that inject faults. Time is virtual: sleeping costs none, yet now() moves on.

import { createHash } from "node:crypto";

import { ApiError, TransferError } from "../../uploads/static/uploads/js/lib/errors.js";
import { newItem } from "../../uploads/static/uploads/js/engine/tally.js";

export function fakeClock() {
  let now = 0;
  let skew = 1_732_600_000_000;
  const sleepers = [];
  let isRunning = false;
  const turn = () => {
    // Only when nothing else is left to do does time pass: two turns of the event loop without a wake-up.
    setImmediate(() =>
      setImmediate(() => {
        sleepers.sort((a, b) => a.at - b.at);
        const next = sleepers.shift();
        if (!next) return void (isRunning = false);
        now = Math.max(now, next.at);
        next.resolve();
        turn();
      }),
    );
  };
  return {
    now: () => now,
    wall: () => now + skew,
    /** Somebody sets the computer's clock, or it slept: the one hand moves on without the other. */
    skewBy(ms) {
      skew += ms;
    },
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          sleepers.splice(sleepers.indexOf(sleeper), 1);
          reject(signal.reason);
        };
        const wake = () => (signal?.removeEventListener("abort", onAbort), resolve());
        const sleeper = { at: now + ms, resolve: wake };
        sleepers.push(sleeper);
        signal?.addEventListener("abort", onAbort, { once: true });
        if (!isRunning) (isRunning = true), turn();
      });
    },
  };
}

/** A seeded generator (mulberry32), so that a failing run can be repeated. */
export function seeded(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const md5 = (text) => createHash("md5").update(text).digest("hex");

export function makeItems(count, text = (n) => `content of ${n}`) {
  return Array.from({ length: count }, (_, n) => {
    const name = `${20240918000000 + n}-snapshot.jpg`;
    const file = new File([text(n)], name);
    file.text_ = text(n);
    return newItem({ name, path: `100MEDIA/${name}`, size: file.size, lastModified: 0, file });
  });
}

export const hasher = {
  parallel: 2,
  digest: async (file) => ({ md5: md5(file.text_), pieces: md5(file.text_.slice(0, 4)), said: { dataType: "", damage: "" }, kept: null }),
  said: async () => ({ dataType: "", damage: "" }),
  pieces: async (file) => md5(file.text_.slice(0, 4)),
  changedSince: async () => new Map(),
};

/** A connection that goes and comes at the test's word. */
export function fakeLink() {
  let isOnline = true;
  const listeners = new Set();
  return {
    listeners,
    isOnline: () => isOnline,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    facts: () => `onLine ${isOnline}`,
    set(now) {
      isOnline = now;
      for (const listener of [...listeners]) listener();
    },
  };
}

/** A store with If-None-Match and Content-MD5, and a `fault(name, tries)` that may speak before and after it. */
export function fakeStore(fault = () => null) {
  const objects = new Map();
  const tries = new Map();
  return {
    objects,
    tries,
    async put({ url, headers, file, signal, onProgress }) {
      await null;
      signal.throwIfAborted();
      tries.set(url, (tries.get(url) ?? 0) + 1);
      const name = url.split("?")[0];
      const kind = fault(name, tries.get(url), url);
      if (kind?.before) throw kind.before;
      onProgress(file.size);
      if (objects.has(name)) throw new TransferError({ code: "http_412", httpStatus: 412 });
      const content = kind?.content ?? file.text_;
      if (Buffer.from(md5(content), "hex").toString("base64") !== headers["Content-MD5"]) {
        throw new TransferError({ code: "http_400", httpStatus: 400, storeCode: "BadDigest" });
      }
      objects.set(name, content);
      if (kind?.after) throw kind.after;
    },
  };
}

/** The portal's answers over a fake store. Every call is kept in `calls`. */
export function fakeApi(store, changes = {}) {
  const wanted = new Map();
  const calls = { check: [], presign: [], confirm: [], failures: [], finish: [], sessions: [] };
  let grants = 0;
  const api = {
    calls,
    wanted,
    async openSession(body) {
      calls.sessions.push(body);
      return { id: calls.sessions.length, max_batch: 1_000 };
    },
    async check(_id, files) {
      calls.check.push(files);
      return files.map(({ name }) => ({ name, status: store.objects.has(name) ? "exists" : "new", warnings: [] }));
    },
    async presign(_id, files) {
      calls.presign.push(files);
      return files.map(({ name, md5: hex }) => {
        wanted.set(name, hex);
        if (store.objects.has(name)) {
          return { name, status: md5(store.objects.get(name)) === hex ? "stored" : "conflict", code: "", message: "" };
        }
        const headers = { "Content-MD5": Buffer.from(hex, "hex").toString("base64"), "If-None-Match": "*" };
        return { name, status: "granted", url: `${name}?grant=${(grants += 1)}`, headers, goodForMs: 3_600_000 };
      });
    },
    async confirm(_id, names) {
      calls.confirm.push(names);
      return names.map((name) => {
        const content = store.objects.get(name);
        if (content === undefined) return { name, status: "missing", code: "missing", message: "" };
        return { name, status: md5(content) === wanted.get(name) ? "verified" : "mismatch", code: "", message: "" };
      });
    },
    async reportFailures(_id, failures) {
      calls.failures.push(...failures);
    },
    async finish(_id, { files, bytes }) {
      calls.finish.push([files, bytes]);
      return { safe_to_wipe: store.objects.size === files };
    },
  };
  for (const [name, change] of Object.entries(changes)) api[name] = change(api[name].bind(api));
  return api;
}

export const away = () => new TransferError({ code: "network" });
export const refused = (httpStatus) => new ApiError({ code: `http_${httpStatus}`, message: "", httpStatus });
