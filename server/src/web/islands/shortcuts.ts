/** Lists choose at once. */
export function addShortcuts(page: Document): void {
  page.addEventListener("change", (event) => {
    const { target } = event;
    if (target instanceof HTMLSelectElement && target.matches("[data-submit]")) target.form?.requestSubmit();
  });
}
