/** Names of a run: no two files share one, also when a file takes another because its key holds other content. */

/**
 * @typedef {import("./tally.js").Item} Item
 * @typedef {{name: string, formerName?: string}} Renamed
 * @typedef {(item: Item) => Renamed|null|Promise<Renamed|null>} Rename the person's choice for files whose
 *   name is taken: the next name to try, or null when there is none
 */

export class Naming {
  #names;
  #rename;
  /** Until the first look finds none: a card that was sent in part has its first files there. */ #looksForFormer = true;

  /**
   * @param {Item[]} items
   * @param {Rename} rename
   */
  constructor(items, rename) {
    this.#names = new Set(items.map(({ name }) => name));
    // The portal answers by name: of two files under one, either would be proven by the other.
    if (this.#names.size !== items.length) throw new Error("two files of a selection share a name");
    this.#rename = rename;
  }

  /**
   * @param {Item} item whose name is taken in the store
   * @returns {Promise<boolean>} whether it has another name now
   */
  async another(item) {
    const next = await this.#rename(item);
    if (!next || this.#names.has(next.name)) return false;
    this.#names.add(next.name);
    item.name = next.name;
    item.formerName = next.formerName ?? "";
    return true;
  }

  /**
   * Files whose names are to hold their folder keep the name that they are stored under from the time when the folder
   * stood in front: they need not be sent again. Judged by size here; the content is compared as for every file.
   * @param {Item[]} batch
   * @param {(asked: {item: Item, name: string, size: number}[]) =>
   *         Promise<[{item: Item, name: string}, import("../portal/api.js").FileAnswer][]>} check
   */
  async keepFormerNames(batch, check) {
    const asked = batch
      .filter(({ formerName }) => this.#looksForFormer && formerName && !this.#names.has(formerName))
      .map((item) => ({ item, name: item.formerName, size: item.size }));
    if (!asked.length) return;
    let isFound = false;
    for (const [{ item, name }, { status }] of await check(asked)) {
      item.formerName = "";
      if ((status !== "exists" && status !== "stored") || this.#names.has(name)) continue;
      this.#names.add(name);
      item.name = name;
      isFound = true;
    }
    this.#looksForFormer = isFound;
  }
}
