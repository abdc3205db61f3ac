/** Next and previous follow the list that one came from, with its filters and its order. */
const KEPT = "list";

export function followList(page: Document): void {
  if (page.body.dataset["watch"] === "list") {
    const query = new URLSearchParams(location.search);
    // Each list has a path; that of all can be narrowed by an argument.
    const [, list = "active"] = /\/(paused|archived|all)$/.exec(location.pathname) ?? [];
    if (list !== "all") query.set("status", list);
    for (const name of ["page", "view"]) query.delete(name);
    keep(query.toString());
  }
  lead(page);
  page.addEventListener("refreshed", () => lead(page));
}

function lead(page: Document): void {
  const query = kept();
  if (query === null) return;
  for (const link of page.querySelectorAll<HTMLAnchorElement>("[data-neighbour]")) link.search = query;
}

/** A browser that keeps nothing, as with cookies blocked, throws: the page goes on without. */
function keep(query: string): void {
  try {
    sessionStorage.setItem(KEPT, query);
  } catch {}
}

function kept(): string | null {
  try {
    return sessionStorage.getItem(KEPT);
  } catch {
    return null;
  }
}
