/**
 * Buttons that copy: `<button data-copy="ID">` copies the text of that element, and says so in the element that
 * `data-told` names. Where the browser lets no page near the clipboard (plain http), the text is selected to be
 * copied by hand.
 */

/** @param {HTMLElement} source */
function textOf(source) {
  return source instanceof HTMLTextAreaElement || source instanceof HTMLInputElement ? source.value : source.textContent.trim();
}

/** @param {HTMLElement} source */
function select(source) {
  source.hidden = false;
  if (source instanceof HTMLTextAreaElement || source instanceof HTMLInputElement) {
    source.focus();
    source.select();
    return;
  }
  const range = document.createRange();
  range.selectNodeContents(source);
  const selection = getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
}

/** @param {string|undefined} id */
function named(id) {
  const element = document.getElementById(id ?? "");
  if (!element) throw new Error(`no element ${id}`);
  return element;
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const source = named(button.dataset.copy);
  const told = named(button.dataset.told);
  try {
    await navigator.clipboard.writeText(textOf(source));
    told.textContent = "Copied.";
  } catch {
    select(source);
    told.textContent = "It is selected: press Ctrl+C, or ⌘C.";
  }
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("button[data-copy]");
  if (button instanceof HTMLButtonElement) copy(button);
});
