/** The form of a plan asks for the rate or for the mean, as the KPI that decides is decided on. */
export function followPlans(page: Document): void {
  page.addEventListener("change", () => sync(page));
  page.addEventListener("refreshed", () => sync(page));
}

function sync(page: Document): void {
  for (const planning of page.querySelectorAll<HTMLElement>(".planning")) {
    const row = planning.querySelector('[name="role"] [value="primary"]:checked')?.closest("tr");
    const by = row?.querySelector<HTMLSelectElement>('[name="decides_on"]')?.value;
    if (by === undefined) delete planning.dataset["decided"];
    else planning.dataset["decided"] = by;
  }
}
