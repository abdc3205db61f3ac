/**
 * Shows the pages that ask before an action in a dialog. Without it, or when anything fails, the link leads to the page.
 *
 * A link with `data-dialog` opens; the dialog shows the element with `data-dialog-content` of the page it leads to,
 * under the page's heading; whatever has `data-dialog-close` closes. The form in it is sent as any other.
 */

const HEADING_ID = "dialog-heading";

export function enhanceDialogs(page: Document): void {
  page.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-dialog]") : null;
    // A click with a modifier asks for a tab or window of its own.
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!(link instanceof HTMLAnchorElement) || !plain) return;
    event.preventDefault();
    openDialog(page, link.href).catch(() => page.location.assign(link.href));
  });
}

async function openDialog(page: Document, url: string): Promise<void> {
  const response = await fetch(url, { headers: { accept: "text/html" } });
  const loaded = new DOMParser().parseFromString(await response.text(), "text/html");
  const content = loaded.querySelector("[data-dialog-content]");
  const title = loaded.querySelector("h1")?.textContent;
  // A refusal, or the login: the page says more about it than a dialog could.
  if (!response.ok || content === null || title === undefined) throw new Error(`Expected a question at ${url}`);

  page.querySelector("dialog[open]")?.remove();
  const dialog = page.createElement("dialog");
  const heading = page.createElement("h2");
  heading.id = HEADING_ID;
  heading.textContent = title;
  dialog.setAttribute("aria-labelledby", HEADING_ID);
  dialog.append(heading, content);
  dialog.addEventListener("click", (event) => {
    const closes = event.target instanceof Element && event.target.closest("[data-dialog-close]") !== null;
    // The backdrop is the dialog itself; what is in it stands in its children.
    if (!closes && event.target !== dialog) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  page.body.append(dialog);
  dialog.showModal();
}
