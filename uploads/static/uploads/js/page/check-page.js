/** The page that tells whether a card may be wiped, without uploading anything. */

import "./language.js";
import { CardCheck } from "../engine/card-check.js";
import { CardProgress } from "./card-progress.js";
import { CheckProgress, isAllFound, showCheckReview, showCheckVerdict } from "./check-view.js";
import { apiOf, readConfig } from "./config.js";
import { byId } from "./dom.js";
import { FilesView } from "./files-view.js";
import { Hasher } from "../engine/hasher.js";
import { PlaceView } from "./place-view.js";
import { Planner } from "./planner.js";
import { systemClock } from "../lib/queue.js";
import { whereOf } from "./review-view.js";
import { TroubleView } from "./trouble-view.js";

const IDLE_TITLE = document.title;
const AFTERWARDS_MS = 10_000; // the portal compares when the time is over, not before

class CheckPage {
  #hasher = new Hasher(navigator.hardwareConcurrency);
  #start = /** @type {HTMLButtonElement} */ (byId("start"));
  /** Until what an older program could still overwrite is asked about again. */ #timer = 0;
  #card = new CardProgress();
  #config;
  #api;
  #place;
  #files;
  #planner;
  #trouble;

  /** @param {import("./config.js").Config} config */
  constructor(config) {
    this.#config = config;
    this.#api = apiOf(config);
    const deployment = () => this.#place?.deployment?.deployment_id;
    this.#trouble = new TroubleView({ api: this.#api, client: config.client, deployment });
    this.#place = new PlaceView({ dataTypes: config.dataTypes, onChange: () => this.#placeChanged() });
    this.#files = new FilesView({
      onScan: (scan) => {
        this.#card.reset();
        this.#guard(this.#planner.take(scan));
      },
      onError: (error) => this.#failed(error, "scan"),
    });
    this.#planner = new Planner({
      hasher: this.#hasher, say: (text) => this.#files.say(text),
      onChange: () => this.#planChanged(),
      onSorted: () => this.#place.showFound(this.#planner.found),
    });
    byId("steps").addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#start.disabled) this.#guard(this.#check());
    });
  }

  async load() {
    const { signal } = new AbortController();
    this.#trouble.hide();
    try {
      const [buckets, deployments] = await Promise.all([
        this.#api.buckets(signal, { all: true }),
        this.#api.deployments(signal, { all: true }),
      ]);
      byId("steps").setAttribute("aria-busy", "false");
      this.#place.show(buckets, deployments);
    } catch (error) {
      this.#trouble.showUnloaded(error, () => this.load());
    }
  }

  /** @returns {import("./review-view.js").Place|null} null while one of them is not chosen */
  get #target() {
    const { deployment, dataType } = this.#place;
    return deployment && dataType ? { deployment, dataType } : null;
  }

  #placeChanged() {
    const target = this.#target;
    const { extensions } = target ? this.#config.dataTypes[target.dataType] : { extensions: [] };
    this.#guard(this.#planner.sortFor(target?.dataType ?? null, extensions));
  }

  #planChanged() {
    const { plan } = this.#planner;
    const target = this.#target;
    if (plan && target) showCheckReview(plan, whereOf(target));
    this.#start.disabled = !plan || plan.single.length + plan.groups.length === 0;
    byId("step-place").classList.toggle("done", Boolean(this.#place?.deployment));
    byId("step-kind").classList.toggle("done", Boolean(target));
    byId("step-files").classList.toggle("done", Boolean(plan));
    if (plan && this.#card.nextDue) {
      const isDue = this.#card.nextDue === this.#place.dataType && !this.#start.disabled;
      this.#card.nextDue = null;
      if (isDue) this.#guard(this.#check());
    }
  }

  async #check() {
    const target = this.#target;
    const { plan } = this.#planner;
    if (!target || !plan) return;
    const where = whereOf(target);
    const check = new CardCheck({
      place: { deployment: target.deployment.deployment_id, data_type: target.dataType },
      entries: [...plan.single, ...plan.groups.flatMap(({ files }) => files)],
      ports: { api: this.#api, hasher: this.#hasher, clock: systemClock },
    });
    await this.#run(check, (signal) => check.run(signal), { plan, where });
  }

  /**
   * @param {CardCheck} check
   * @param {(signal: AbortSignal) => Promise<import("../engine/card-check.js").CardVerdict>} ask
   * @param {Pick<import("./check-view.js").Checked, "plan"|"where">} what
   */
  async #run(check, ask, what) {
    const cancel = new AbortController();
    const view = new CheckProgress(check, { where: what.where, onCancel: () => cancel.abort() });
    clearTimeout(this.#timer);
    byId("steps").hidden = byId("verdict").hidden = true;
    this.#trouble.hide();
    view.start();
    try {
      const verdict = await ask(cancel.signal);
      view.stop();
      const again = () => this.#guard(this.#run(check, (signal) => check.askAgain(signal), what));
      await this.#card.lookAgain();
      const doneFiles = this.#card.files;
      const others = this.#planner.others(this.#card.done);
      const taken = this.#place.deployment?.bucket.data_types ?? [];
      showCheckVerdict(
        { verdict, ...what, others, taken, doneFiles },
        { onAgain: again, onAnother: () => this.#another(), onOthers: () => this.#next(others, taken) },
      );
      if (isAllFound({ verdict, plan: what.plan })) this.#card.note(this.#planner.planned, verdict.total);
      if (verdict.unsettled) this.#timer = setTimeout(again, Math.max(0, verdict.waitMs) + AFTERWARDS_MS);
    } catch (error) {
      view.stop();
      byId("steps").hidden = false;
      this.#start.focus();
      if (!cancel.signal.aborted) throw error;
    }
  }

  /**
   * Goes on with the next data type of the card.
   * @param {ReadonlyMap<string, number>} others
   * @param {readonly string[]} taken
   */
  #next(others, taken) {
    const dataType = taken.find((one) => others.has(one));
    const { deployment } = this.#place;
    if (!deployment || !dataType) return;
    clearTimeout(this.#timer);
    byId("verdict").hidden = true;
    byId("steps").hidden = false;
    this.#card.nextDue = dataType;
    this.#place.select(deployment.deployment_id, dataType);
  }

  #another() {
    this.#card.reset();
    clearTimeout(this.#timer);
    byId("verdict").hidden = true;
    this.#files.reset();
    this.#planner.clear();
    byId("review").replaceChildren();
    document.title = IDLE_TITLE;
    byId("steps").hidden = false;
    byId("page-title").focus();
  }

  /** @param {Promise<void>} work */
  #guard(work) {
    work.catch((error) => this.#failed(error, "check"));
  }

  /**
   * @param {unknown} error
   * @param {string} step
   */
  #failed(error, step) {
    this.#files.say(null);
    this.#trouble.show(error, { step });
  }
}

await new CheckPage(readConfig()).load();
