/** Lists choose at once; a menu closes when one looks elsewhere. */
export function addShortcuts(page: Document): void {
  page.addEventListener("change", (event) => {
    const { target } = event;
    if (target instanceof HTMLSelectElement && target.matches("[data-submit]")) target.form?.requestSubmit();
  });
  page.addEventListener("click", (event) => closeMenus(page, event.target));
  page.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus(page, null);
  });
}

function closeMenus(page: Document, target: EventTarget | null): void {
  for (const menu of page.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (!(target instanceof Node) || !menu.contains(target)) menu.open = false;
  }
}
