/** Finds what was interrupted, here or on another computer, and offers to go on with it. */

import { el } from "./dom.js";
import { ApiError } from "../lib/errors.js";
import { t } from "../text/messages.js";
import { unsettledLines } from "../text/reasons.js";
import { offerText, showNote, showOffers } from "./resume-view.js";
import { isHeld, lockName } from "./tabs.js";

/**
 * @typedef {import("../portal/api-types.js").Session} Session
 * @typedef {import("../selection/journal.js").Unfinished} Unfinished
 * @typedef {import("./resume-view.js").Offer} Offer
 *
 * @typedef {object} Resumed an upload to go on with
 * @property {number|null} journalId
 * @property {number|null} sessionId
 * @property {string} deployment its id
 * @property {string} dataType
 * @property {string} uploaderName
 * @property {string} folder "" where it is not known
 * @property {FileSystemDirectoryHandle|null} handle
 * @property {number} scanned files of any kind that were in the folder, 0 where that is not known
 * @property {import("../selection/selection.js").Choice|null} choice
 * @property {string} reason
 * @property {number} [unsettled] files that an older program may still overwrite
 * @property {string|null} [unsettledUntil] ISO
 */

const MOST_OFFERS = 3;
const LOOK_AGAIN_MS = 30_000;

export class Offers {
  #api;
  #journal;
  #account;
  #receiptUrl;
  #onGoOn;
  /** For an upload that is finished but for what an older program could still overwrite. */ #timer = 0;
  /** @type {{text: string, link: Node}[]} uploads that turned out to be finished and safe */ #turned = [];

  /**
   * @param {{api: import("../portal/api.js").Api, journal: import("../selection/journal.js").Journal, account: string,
   *          receiptUrl: (sessionId: number) => string, onGoOn: (resumed: Resumed) => void}} parts
   */
  constructor({ api, journal, account, receiptUrl, onGoOn }) {
    this.#receiptUrl = receiptUrl;
    this.#api = api;
    this.#journal = journal;
    this.#account = account;
    this.#onGoOn = onGoOn;
  }

  /**
   * @param {string|null} wantedSession its id, where the person came here to go on with that one
   */
  async show(wantedSession) {
    this.#turned = [];
    const kept = await this.#journal.unfinished(this.#account);
    /** @type {Offer[]} */ const offers = [];
    if (wantedSession && /^\d+$/.test(wantedSession)) {
      const known = kept.find(({ sessionId }) => sessionId === Number(wantedSession));
      const offer = known && (await this.#offerOf(known));
      if (!offer) return this.#showSession(Number(wantedSession));
      offers.push(offer);
    } else {
      for (const upload of kept.slice(0, MOST_OFFERS)) {
        const offer = await this.#offerOf(upload);
        if (offer) offers.push(offer);
      }
    }
    showOffers(offers, this.#turned);
  }

  /** @param {number} sessionId */
  #receiptOf(sessionId) {
    return el("a", { href: this.#receiptUrl(sessionId) }, t("resume.receipt"));
  }

  hide() {
    clearTimeout(this.#timer);
    showOffers([]);
  }

  /**
   * @param {Unfinished} upload
   * @returns {Promise<Offer|null>} null for one that is under way in another tab, or finished since
   */
  async #offerOf(upload) {
    const { id: journalId, deployment, dataType, place, folder } = upload;
    if (await isHeld(lockName(deployment, dataType))) return null;
    const session = await this.#sessionOf(upload.sessionId);
    if (session?.finished_at && session.safe_to_wipe) {
      // It came to its end, and nobody was here to be told.
      this.#turned.push({ text: t("resume.turned", { folder, place, id: deployment }), link: this.#receiptOf(session.id) });
      await this.#journal.forget(journalId);
      return null;
    }
    const sessionId = session?.finished_at ? null : (session?.id ?? upload.sessionId);
    const safe = session ? session.verified + session.stored_before : upload.safe;
    const startedAt = new Date(upload.startedAt).toISOString();
    const { unsettled, unsettled_until: unsettledUntil } = session ?? { unsettled: upload.unsettled, unsettled_until: upload.unsettledUntil };
    if (session?.finished_at && unsettled) this.#lookAgain(session);
    const onForget = async () => {
      await this.#journal.forget(journalId);
      await this.show(null);
    };
    return {
      text: offerText({ folder, place, id: deployment, kind: t(`kind.${dataType}`), safe, total: upload.files, startedAt }),
      notes: unsettledLines(unsettled, unsettledUntil),
      hint: session?.finished_at && unsettled ? t("resume.hintTurns") : upload.handle ? t("resume.hintHandle") : t("resume.hintFolder"),
      onGoOn: () => this.#onGoOn({ ...upload, journalId, sessionId, unsettled, unsettledUntil }),
      onForget: () => void onForget(),
    };
  }

  /**
   * The portal compares when the time is over, and its verdict turns by itself.
   * @param {Session} session that is finished
   */
  #lookAgain({ id, waitMs = 0 }) {
    clearTimeout(this.#timer);
    const look = async () => {
      const session = await this.#sessionOf(id);
      if (!session) this.#timer = setTimeout(look, LOOK_AGAIN_MS);
      else if (session.unsettled) this.#lookAgain(session);
      else await this.show(null);
    };
    this.#timer = setTimeout(look, Math.max(waitMs, 0) + LOOK_AGAIN_MS);
  }

  /**
   * Begun on another computer, or in a browser that has forgotten it.
   * @param {number} sessionId
   */
  async #showSession(sessionId) {
    const session = await this.#api.sessionOf(sessionId, new AbortController().signal);
    if (session.finished_at) return showNote(t("resume.finished"), this.#receiptOf(sessionId));
    if (session.account !== this.#account) return showNote(t("resume.foreign"));
    const { deployment, data_type: dataType, location_name: place, uploader_name: uploaderName, season_reason: reason } = session;
    const { unsettled, unsettled_until: unsettledUntil } = session;
    const upload = {
      journalId: null, sessionId, deployment, dataType, uploaderName, folder: "", handle: null, scanned: 0, choice: null, reason,
      unsettled, unsettledUntil,
    };
    const safe = session.verified + session.stored_before;
    const told = { folder: "", place, id: deployment, kind: t(`kind.${dataType}`), safe, total: session.files, startedAt: session.started_at };
    const notes = unsettledLines(unsettled, unsettledUntil);
    showOffers([{ text: offerText(told), notes, hint: t("resume.hintAnyFolder"), onGoOn: () => this.#onGoOn(upload), onForget: null }]);
  }

  /**
   * @param {number|null} sessionId
   * @returns {Promise<Session|null>} null where the portal cannot tell: what this browser knows then has to do
   */
  async #sessionOf(sessionId) {
    if (sessionId === null) return null;
    try {
      return await this.#api.sessionOf(sessionId, new AbortController().signal);
    } catch (error) {
      if (error instanceof ApiError) return null;
      throw error;
    }
  }
}
