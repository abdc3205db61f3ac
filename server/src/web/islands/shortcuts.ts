/** `/` goes to the search; lists choose at once; a menu closes when one looks elsewhere. */
export function addShortcuts(page: Document): void {
  page.addEventListener("keydown", (event) => {
    const search = page.querySelector<HTMLInputElement>("[data-slash]");
    if (event.key !== "/" || search === null || isTyping(event.target) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
  page.addEventListener("change", (event) => {
    const { target } = event;
    if (target instanceof HTMLSelectElement && target.matches("[data-submit]")) target.form?.requestSubmit();
  });
  page.addEventListener("click", (event) => closeMenus(page, event.target));
  page.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus(page, null);
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

function closeMenus(page: Document, target: EventTarget | null): void {
  for (const menu of page.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (!(target instanceof Node) || !menu.contains(target)) menu.open = false;
  }
}
