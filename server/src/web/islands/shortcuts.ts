/** Lists choose at once, and a field that a link led to is typed over. */
export function addShortcuts(page: Document): void {
  page.addEventListener("change", (event) => {
    const { target } = event;
    if (target instanceof HTMLSelectElement && target.matches("[data-submit]")) target.form?.requestSubmit();
  });
  page.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLInputElement && target.matches(":target")) target.select();
  });
}
