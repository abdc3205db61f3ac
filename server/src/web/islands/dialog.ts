/**
 * Pages that ask before an action, shown in a dialog over the page one is on. The dialog shows the one element with
 * `data-dialog-content` of that page; if it can't be loaded, the link is followed.
 */
export function openDialogs(page: Document): void {
  page.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-dialog]") : null;
    if (link === null) return;
    event.preventDefault();
    void open(link);
  });
}

async function open(link: HTMLAnchorElement): Promise<void> {
  const answer = await fetchPage(link.href);
  const content = answer?.querySelector("[data-dialog-content]");
  if (answer === undefined || !content) {
    location.assign(link.href);
    return;
  }
  const dialog = document.createElement("dialog");
  const title = document.createElement("h2");
  title.textContent = answer.querySelector("h1")?.textContent ?? link.textContent;
  title.id = "dialog-title";
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(title, document.adoptNode(content));
  // The way back is to close the dialog, not to load the page one is on.
  dialog.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (target === dialog || target?.closest("[data-dialog-cancel]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    openerOf(link).focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** What is in sight of the way here: the menu that a link stands in has closed. */
function openerOf(link: HTMLAnchorElement): HTMLElement {
  const menu = link.closest("[popover]");
  return menu?.parentElement?.querySelector<HTMLElement>("[popovertarget]") ?? link;
}

async function fetchPage(url: string): Promise<Document | undefined> {
  try {
    const answer = await fetch(url, { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) return undefined;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return undefined;
  }
}
