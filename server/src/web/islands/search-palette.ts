/**
 * The search as a palette over any page: `/` or Ctrl K opens it, arrows walk through what was found, Enter goes there. What
 * it shows is the search page itself, so that it finds what that page finds.
 */

/** After the last key, in milliseconds. */
const REST_MS = 120;

export function addPalette(page: Document): void {
  page.addEventListener("keydown", (event) => {
    const asked = event.key === "/" ? !isTyping(event.target) && !event.ctrlKey && !event.metaKey : isCtrlK(event);
    if (!asked || event.altKey) return;
    event.preventDefault();
    const here = page.querySelector<HTMLInputElement>("[data-find]");
    if (here === null) open(page);
    else here.select();
  });
  page.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-palette]") : null;
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    open(page);
  });
}

function isCtrlK(event: KeyboardEvent): boolean {
  return event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

function open(page: Document): void {
  if (page.querySelector("dialog[open]") !== null) return;
  const dialog = page.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", "Search");
  const input = page.createElement("input");
  input.type = "search";
  input.placeholder = "Name, owner, tag, page";
  input.setAttribute("aria-label", "Search experiments, owners, tags and pages");
  const found = page.createElement("div");
  found.className = "found";
  dialog.append(input, found);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = "";
  /** Enter may be pressed before what it is meant for is there. */
  let wanted = false;
  const look = async () => {
    const text = input.value;
    asked = text;
    const answer = await fetchFound(page, text);
    // Something else was asked for meanwhile.
    if (asked !== text || !dialog.open) return;
    if (answer !== undefined) renew(found, answer);
    if (wanted) choices(found)[0]?.click();
    wanted = false;
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    asked = "\n";
    timer = setTimeout(look, REST_MS);
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === input) {
      event.preventDefault();
      if (asked === input.value && found.childElementCount > 0) choices(found)[0]?.click();
      else wanted = true;
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      walk([input, ...choices(found)], page.activeElement, event.key === "ArrowDown" ? 1 : -1);
    } else if (
      event.key.length === 1 &&
      event.target !== input &&
      !event.ctrlKey &&
      !event.metaKey &&
      event.key !== " "
    ) {
      // One goes on typing wherever one is.
      input.focus();
    }
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  const before = page.activeElement;
  dialog.addEventListener("close", () => {
    clearTimeout(timer);
    dialog.remove();
    if (before instanceof HTMLElement) before.focus();
  });
  page.body.append(dialog);
  dialog.showModal();
  input.focus();
  void look();
}

/** Whoever walks among what was found stays where they are in it. */
function renew(found: Element, answer: readonly ChildNode[]): void {
  const { activeElement } = document;
  const at = activeElement instanceof HTMLElement ? choices(found).indexOf(activeElement) : -1;
  found.replaceChildren(...answer);
  if (at !== -1) choices(found)[at]?.focus();
}

function choices(found: Element): HTMLElement[] {
  return [...found.querySelectorAll<HTMLElement>("a[href], button")];
}

function walk(stops: readonly HTMLElement[], from: Element | null, step: 1 | -1): void {
  const at = from instanceof HTMLElement ? stops.indexOf(from) : -1;
  stops[(at + step + stops.length) % stops.length]?.focus();
}

async function fetchFound(page: Document, text: string): Promise<readonly ChildNode[] | undefined> {
  const { watch = "", root = "/" } = page.body.dataset;
  const on = watch.startsWith("experiment:") ? `&on=${encodeURIComponent(watch.slice("experiment:".length))}` : "";
  try {
    // A message that waits for its page is not for this one.
    const headers = { accept: "text/html", "x-sixpack-refresh": "1" };
    const answer = await fetch(`${root}search?q=${encodeURIComponent(text)}${on}`, { headers });
    if (!answer.ok || answer.redirected) return undefined;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#found");
    return found === null ? undefined : [...page.adoptNode(found).childNodes];
  } catch {
    // The server is away: what was found stays.
    return undefined;
  }
}
