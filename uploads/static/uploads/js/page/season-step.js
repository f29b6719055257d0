/** Asks the portal whether the files fit the place, and keeps the reason for which they go there anyway. */

import { whyStopped } from "../text/reasons.js";
import { hideSeason, showSeason, showSeasonPending, showSeasonUnknown } from "./season-view.js";

/** @typedef {import("../selection/season.js").Times} Times */

export class SeasonStep {
  reason = "";
  isPending = false;
  #needsReason = false;
  #asking = new AbortController();
  #place = "";
  #api;
  #onChange;
  #onSwitch;

  /**
   * @param {{api: import("../portal/api.js").Api, onChange: () => void, onSwitch: (deploymentId: string) => void}} parts
   */
  constructor({ api, onChange, onSwitch }) {
    this.#api = api;
    this.#onChange = onChange;
    this.#onSwitch = onSwitch;
  }

  get lacksReason() {
    return this.#needsReason && !this.reason;
  }

  /**
   * An answer that does not come holds nothing up: the portal compares each file once more before it takes it.
   * @param {{deployment: Pick<import("../portal/api.js").Deployment, "deployment_id">, dataType: string}} target
   * @param {Times} times
   * @param {string} reason given before, for the same place
   */
  async ask({ deployment: { deployment_id: deployment }, dataType }, times, reason) {
    this.#begin(deployment, reason);
    const { signal } = this.#asking;
    showSeasonPending();
    const onAgain = () => void this.ask({ deployment: { deployment_id: deployment }, dataType }, times, this.reason);
    try {
      const survey = await this.#api.survey({ deployment, data_type: dataType, hours: times.hours, undated: times.undated }, signal);
      signal.throwIfAborted();
      this.#needsReason = survey.needs_reason;
      const onReason = (/** @type {string} */ typed) => {
        this.reason = typed;
        this.#onChange();
      };
      showSeason({ survey, times }, { reason: this.reason, onReason, onSwitch: this.#onSwitch });
    } catch (error) {
      if (signal.aborted) return;
      showSeasonUnknown(whyStopped(error), { times, onAgain });
    }
    this.isPending = false;
    this.#onChange();
  }

  clear() {
    this.#asking.abort();
    this.#needsReason = this.isPending = false;
    hideSeason();
  }

  /**
   * @param {string} deployment
   * @param {string} reason
   */
  #begin(deployment, reason) {
    this.clear();
    this.#asking = new AbortController();
    this.isPending = true;
    if (deployment !== this.#place) this.reason = ""; // one place's reason is none for another
    this.#place = deployment;
    this.reason ||= reason;
    this.#onChange();
  }
}
