// Keeps people who use a keyboard where they are: a button that was pressed and
// went away, or was switched off, must not throw them to the top of the document.

/**
 * Whenever what had the focus below `root` is gone, the page's heading takes it,
 * and the next Tab leads to what is new. In a section that says so it is the
 * section's own heading: a row of several was taken out, and the next one is near.
 */
export function keepFocus(root: HTMLElement): void {
  let last: Element | null = null;
  let section: Element | null = null; // where it was: gone, it can't tell
  document.addEventListener("focusin", (e) => {
    last = e.target instanceof Element ? e.target : null;
    section = last?.closest("section[data-keeps-focus]") ?? null;
  });
  const look = (): void => {
    const held = document.activeElement;
    if (last === null || (held !== null && held !== document.body && !held.matches(":disabled"))) return;
    if (last.isConnected && !last.matches(":disabled")) return; // left on purpose, by a click beside everything
    const heading = (section?.isConnected === true ? section.querySelector("h2") : null) ?? root.querySelector("h1");
    if (heading === null) return;
    heading.tabIndex = -1; // to be reached by this alone
    heading.focus();
  };
  new MutationObserver(look).observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
}
