/** The upload page: joins the steps, the engine and the verdict. */

import "./language.js";
import { apiOf, readConfig, receiptUrl } from "./config.js";
import { CardProgress } from "./card-progress.js";
import { byId } from "./dom.js";
import { FilesView } from "./files-view.js";
import { Hasher } from "../engine/hasher.js";
import { Journal } from "../selection/journal.js";
import { t } from "../text/messages.js";
import { Offers } from "./offers.js";
import { PlaceView } from "./place-view.js";
import { Planner } from "./planner.js";
import { showReview, whereOf } from "./review-view.js";
import { UploadRun } from "./run.js";
import { SeasonStep } from "./season-step.js";
import { OtherTabs, hold, lockName } from "./tabs.js";
import { TroubleView } from "./trouble-view.js";

/**
 * @typedef {import("./offers.js").Resumed} Resumed
 * @typedef {import("../selection/selection.js").Choice} Choice
 */

const IDLE_TITLE = document.title;

class Page {
  /** @type {FileSystemDirectoryHandle|null} */ #handle = null;
  /** @type {Choice|null} */ #choice = null;
  /** @type {Resumed|null} an interrupted upload that is gone on with */ #resumed = null;
  #card = new CardProgress();
  #config;
  #api;
  #hasher = new Hasher(navigator.hardwareConcurrency);
  #name = /** @type {HTMLInputElement} */ (byId("uploader-name"));
  #start = /** @type {HTMLButtonElement} */ (byId("start"));
  #tabs = new OtherTabs((isElsewhere) => this.#showElsewhere(isElsewhere));
  #place;
  #files;
  #planner;
  #season;
  #trouble;
  #journal;
  #offers;

  /**
   * @param {import("./config.js").Config} config
   * @param {Journal} journal
   */
  constructor(config, journal) {
    this.#config = config;
    this.#journal = journal;
    this.#api = apiOf(config);
    const deployment = () => this.#place?.deployment?.deployment_id;
    this.#trouble = new TroubleView({ api: this.#api, client: config.client, deployment });
    this.#name.value = config.uploaderName;
    this.#name.addEventListener("input", () => this.#allowStart());
    this.#place = new PlaceView({ dataTypes: config.dataTypes, onChange: () => this.#placeChanged() });
    this.#files = new FilesView({
      onScan: (scan, handle) => this.#guard(this.#scanned(scan, handle)),
      onError: (error) => this.#failed(error, "scan"),
    });
    this.#planner = new Planner({
      hasher: this.#hasher, say: (text) => this.#files.say(text),
      onChange: () => this.#planChanged(),
      onSorted: () => this.#place.showFound(this.#planner.found),
      onMeasured: () => this.#planMeasured(),
    });
    this.#season = new SeasonStep({
      api: this.#api,
      onChange: () => this.#allowStart(),
      onSwitch: (deploymentId) => this.#switchTo(deploymentId),
    });
    this.#offers = new Offers({
      api: this.#api, journal,
      account: config.account,
      receiptUrl: (sessionId) => receiptUrl(config, sessionId),
      onGoOn: (resumed) => this.#goOn(resumed),
    });
    byId("steps").addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#start.disabled) this.#guard(this.#run());
    });
  }

  async load() {
    const { signal } = new AbortController();
    this.#trouble.hide();
    try {
      const [buckets, deployments] = await Promise.all([this.#api.buckets(signal), this.#api.deployments(signal)]);
      byId("steps").setAttribute("aria-busy", "false");
      this.#place.show(buckets, deployments);
      await this.#offers.show(new URLSearchParams(location.search).get("session"));
    } catch (error) {
      this.#trouble.showUnloaded(error, () => this.load());
    }
  }

  /** @returns {import("./run.js").Target|null} null while one of them is not chosen */
  get #target() {
    const { deployment, dataType } = this.#place;
    return deployment && dataType ? { deployment, dataType, uploaderName: this.#name.value.trim() } : null;
  }

  #placeChanged() {
    const target = this.#target;
    const { extensions } = target ? this.#config.dataTypes[target.dataType] : { extensions: [] };
    const isResumed = target && this.#resumed?.deployment === target.deployment.deployment_id && this.#resumed.dataType === target.dataType;
    if (!isResumed) this.#resumed = null;
    this.#guard(this.#planner.sortFor(target?.dataType ?? null, extensions));
    this.#guard(this.#tabs.watch(target && lockNameOf(target)));
  }

  /**
   * @param {import("../selection/scan.js").Scan} scan
   * @param {FileSystemDirectoryHandle|null} handle
   */
  async #scanned(scan, handle) {
    const resumed = this.#resumed;
    // A handle hides some files (see scan.js), and a card may have lost some: the person's own look decides.
    if (handle && handle === resumed?.handle && scan.entries.length < resumed.scanned) return this.#askForFolder(resumed.folder);
    if (resumed?.folder && !scan.entries.some(({ path }) => path.startsWith(`${resumed.folder}/`))) {
      this.#resumed = null; // another folder, so another upload
    }
    this.#handle = handle;
    this.#card.reset();
    this.#choice = this.#resumed?.choice ?? null;
    if (this.#resumed?.journalId) await this.#journal.recall(this.#resumed.journalId, scan.entries);
    await this.#planner.take(scan);
  }

  #planChanged() {
    const { plan, times } = this.#planner;
    const target = this.#target;
    if (plan && times && target) {
      this.#drawReview(target);
      this.#guard(this.#season.ask(target, times, this.#resumed?.reason ?? ""));
    } else {
      byId("review").replaceChildren();
      this.#season.clear();
    }
    this.#allowStart();
  }

  /** The season is not asked about again: an empty file more or less changes nothing, and a reason may be typed already. */
  #planMeasured() {
    if (this.#target) this.#drawReview(this.#target);
    this.#allowStart();
  }

  /** @param {import("./run.js").Target} target */
  #drawReview(target) {
    const onChoice = (/** @type {Choice} */ choice) => {
      this.#choice = choice;
      this.#drawReview(target);
      this.#allowStart();
    };
    const { plan } = this.#planner;
    if (!plan) return;
    const sending = this.#planner.sending(this.#choice);
    showReview({ plan, sending, where: whereOf(target), resumed: this.#resumed }, { choice: this.#choice, onChoice });
  }

  /** @param {string} deploymentId that fits better */
  #switchTo(deploymentId) {
    this.#resumed = null;
    if (this.#place.select(deploymentId, null)) byId("review-title").focus();
  }

  /** @param {boolean} isElsewhere another tab is uploading into the same place */
  #showElsewhere(isElsewhere) {
    byId("other-tab").hidden = !isElsewhere;
    byId("other-tab").textContent = isElsewhere ? t("tabs.elsewhere") : "";
    this.#allowStart();
  }

  #allowStart() {
    const { deployment, dataType } = this.#place;
    const { plan } = this.#planner;
    const hasName = Boolean(this.#name.value.trim());
    const isChosen = !plan?.groups.length || this.#choice !== null;
    const hasFiles = Boolean(plan && this.#planner.sending(this.#choice).files.length);
    const missing = [
      this.#planner.scanned > 0 && !deployment && t("start.place"),
      this.#planner.scanned > 0 && deployment && !dataType && t("start.kind"),
      !hasName && t("start.name"),
      plan && !isChosen && t("start.choice"),
      plan && this.#season.lacksReason && t("start.reason"),
    ].filter((text) => typeof text === "string");
    this.#start.disabled = missing.length > 0 || !hasFiles || this.#season.isPending || this.#tabs.isElsewhere;
    this.#start.textContent = this.#resumed ? t("start.goOn") : t("start.start");
    byId("start-hint").textContent = missing.join(" ");
    this.#name.setAttribute("aria-invalid", String(!hasName));
    byId("step-place").classList.toggle("done", deployment !== null);
    byId("step-kind").classList.toggle("done", dataType !== null && hasName);
    byId("step-files").classList.toggle("done", plan !== null);
    if (plan && this.#card.nextDue) this.#beginNext({ isAsked: missing.length > 0, hasFiles });
  }

  /**
   * The person's one click was for all data types of the card: what needs no answer begins by itself.
   * @param {{isAsked: boolean, hasFiles: boolean}} state something has to be answered first; there is anything to send
   */
  #beginNext({ isAsked, hasFiles }) {
    const isDue = this.#place.dataType === this.#card.nextDue;
    if (isDue && !isAsked && hasFiles && this.#start.disabled) return; // the season is still being asked about
    this.#card.nextDue = null;
    if (isDue && !this.#start.disabled) this.#guard(this.#run());
    else byId("review-title").focus();
  }

  /**
   * Everything as it was before the interruption; the folder alone is asked for again where its handle is not kept.
   * @param {Resumed} resumed
   */
  #goOn(resumed) {
    this.#resumed = resumed; // before the place, which else would count as another upload
    if (!this.#place.select(resumed.deployment, resumed.dataType)) {
      this.#resumed = null;
      this.#files.say(t("resume.closed", { id: resumed.deployment }));
      return;
    }
    if (resumed.uploaderName) this.#name.value = resumed.uploaderName;
    this.#offers.hide();
    if (resumed.handle) this.#guard(this.#readAgain(resumed.handle));
    else this.#askForFolder(resumed.folder);
  }

  /** @param {FileSystemDirectoryHandle} handle */
  async #readAgain(handle) {
    const isAllowed = (await handle.requestPermission({ mode: "read" })) === "granted";
    if (isAllowed) this.#files.read(handle);
    else this.#askForFolder(handle.name);
  }

  /** @param {string} folder its name, "" where that is not known */
  #askForFolder(folder) {
    this.#files.say(folder ? t("resume.askFolder", { folder }) : t("resume.askAnyFolder"));
    byId("pick-folder").focus();
    this.#files.pickFolder();
  }

  async #run() {
    const target = this.#target;
    const { plan } = this.#planner;
    if (!target || !plan) return;
    const name = lockNameOf(target);
    const release = await hold(name);
    if (!release) return this.#tabs.watch(name);
    const run = new UploadRun({
      api: this.#api,
      hasher: this.#hasher,
      journal: this.#journal,
      config: this.#config,
      actions: {
        onAgain: () => this.#again(),
        onAnother: () => this.#another(),
        onChoice: (choice) => this.#chosenAfterwards(choice),
        onOthers: () => {
          this.#card.isQueue = true;
          this.#next();
        },
      },
    });
    const planned = this.#planner.planned;
    this.#offers.hide();
    this.#trouble.hide();
    this.#planner.stopMeasuring();
    byId("steps").hidden = true;
    try {
      const { resumed, stored } = await run.go({
        target, plan,
        sending: this.#planner.sending(this.#choice),
        choice: this.#choice,
        reason: this.#season.reason,
        folder: this.#planner.folder,
        handle: this.#handle,
        scanned: this.#planner.scanned,
        resumed: this.#resumed,
        others: async () => {
          await this.#card.lookAgain();
          return { others: this.#planner.others(this.#card.done), doneFiles: this.#card.files };
        },
      });
      this.#resumed = resumed;
      if (resumed) this.#card.isQueue = false;
      else this.#card.note(planned, stored);
    } finally {
      release();
    }
    if (this.#card.isQueue) this.#next();
  }

  /** The next data type of the card, if the deployment takes it. */
  #next() {
    const { deployment } = this.#place;
    const others = this.#planner.others(this.#card.done);
    const dataType = deployment?.bucket.data_types.find((one) => others.has(one));
    if (!deployment || !dataType) {
      this.#card.isQueue = false;
      return;
    }
    this.#choice = null;
    byId("verdict").hidden = true;
    byId("steps").hidden = false;
    this.#card.nextDue = dataType;
    this.#place.select(deployment.deployment_id, dataType);
  }

  #again() {
    byId("verdict").hidden = true;
    this.#guard(this.#run());
  }

  /** @param {Choice} choice made beneath the verdict, where the store turned out to hold other content */
  #chosenAfterwards(choice) {
    this.#choice = choice;
    if (choice === "folder") this.#again();
  }

  #another() {
    byId("verdict").hidden = true;
    this.#resumed = this.#choice = this.#handle = null;
    this.#card.reset();
    this.#files.reset();
    this.#planner.clear();
    this.#allowStart();
    document.title = IDLE_TITLE;
    byId("steps").hidden = false;
    byId("page-title").focus();
  }

  /** @param {Promise<void>} work */
  #guard(work) {
    work.catch((error) => this.#failed(error, "page"));
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

const lockNameOf = (/** @type {import("./run.js").Target} */ target) => lockName(target.deployment.deployment_id, target.dataType);
await new Page(readConfig(), await Journal.open(globalThis.indexedDB)).load();
