/** Names of a run: no two files share one, also when a file takes another because its key holds other content. */

/**
 * @typedef {import("./tally.js").Item} Item
 * @typedef {(item: Item) => {name: string}|null|Promise<{name: string}|null>} Rename the person's choice for files whose
 *   name is taken: the next name to try, or null when there is none
 */

export class Naming {
  #names;
  #rename;

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
    return true;
  }
}
