/**
 * Keeps a page up to date: when something has changed, it reads the page again and replaces what differs. Everything
 * changes at once, so that no two parts contradict each other. Open details, the focus, and forms that somebody is
 * filling in are kept.
 */
import morphdom from "morphdom";
import { showLocalTimes } from "./local-time.ts";
import { isMade } from "./made.ts";

/** Between two looks where no stream can be had, in milliseconds. */
const POLL_MS = 5_000;

export function keepLive(page: Document): void {
  const watch = page.body.dataset["watch"];
  if (watch === undefined) return;
  const url = `${rootOf(page)}events?watch=${encodeURIComponent(watch)}`;
  markWaiting(page);
  let stop = follow(url, page);
  page.addEventListener("visibilitychange", () => {
    // A page in the background holds no connection: browsers allow few of them to one host.
    stop();
    if (page.visibilityState === "visible") {
      void refresh(page);
      stop = follow(url, page);
    }
  });
}

/** Where the dashboard lies: a proxy may show it under a path. */
function rootOf(page: Document): string {
  return page.body.dataset["root"] ?? "/";
}

function follow(url: string, page: Document): () => void {
  const source = new EventSource(url);
  let timer: ReturnType<typeof setInterval> | undefined;
  source.addEventListener("changed", () => refresh(page));
  source.addEventListener("error", () => {
    // A stream that was refused for good is closed by the browser; one that broke off is tried again.
    if (source.readyState !== EventSource.CLOSED || timer !== undefined) return;
    timer = poll(url, page);
  });
  return () => {
    source.close();
    clearInterval(timer);
  };
}

function poll(url: string, page: Document): ReturnType<typeof setInterval> {
  let last: string | undefined;
  return setInterval(async () => {
    try {
      const answer = await fetch(url, { headers: { accept: "application/json" } });
      if (!answer.ok) return;
      const text = await answer.text();
      if (last !== undefined && last !== text) await refresh(page);
      last = text;
    } catch {
      // The server can't be reached; the next try may succeed.
    }
  }, POLL_MS);
}

async function refresh(page: Document): Promise<void> {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html", "x-sixpack-refresh": "1" } });
    if (!answer.ok || answer.redirected) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.querySelector("[data-first-visit]") !== null && next.querySelector("[data-first-visit]") === null) {
      // The page has done its part.
      location.assign(next.querySelector(".name-link")?.getAttribute("href") ?? rootOf(page));
      return;
    }
    showLocalTimes(next);
    for (const selector of ["#tabs", "main"]) renew(page.querySelector(selector), next.querySelector(selector));
    page.title = next.title;
    page.dispatchEvent(new CustomEvent("refreshed"));
  } catch {
    // The next notice brings it.
  }
}

/**
 * A page that is read again lacks what scripts have added, and the message of an action, which is sent once and stays
 * until the reader leaves.
 */
function isKept(element: Element): boolean {
  return isMade(element) || element.matches(".notice-done");
}

function renew(part: Element | null, fresh: Element | null): void {
  if (part === null || fresh === null) return;
  morphdom(part, fresh, {
    getNodeKey: keyOf,
    onBeforeElUpdated(element, next) {
      if (element instanceof HTMLDetailsElement) next.toggleAttribute("open", element.open);
      // What is ticked stays ticked, in its row.
      if (element instanceof HTMLInputElement && next instanceof HTMLInputElement) next.checked = element.checked;
      if (element.isEqualNode(next)) return false;
      if (!(element instanceof HTMLFormElement)) return true;
      if (!isInUse(element)) replaceForm(element, next);
      return false;
    },
    onBeforeNodeDiscarded: (node) => !(node instanceof Element && isKept(node)),
  });
}

/** Messages and sections come and go: a section is known by its heading, so that none is taken for another. */
function keyOf(node: Node): string | undefined {
  if (!(node instanceof Element)) return undefined;
  if (isKept(node)) return "kept";
  const heading = node.getAttribute("aria-labelledby");
  return heading === null ? node.id || undefined : `section of ${heading}`;
}

/** All of it: fields that were changed one by one would keep what they are to be reset to. */
function replaceForm(form: HTMLFormElement, next: Element): void {
  for (const { name, value } of next.attributes) form.setAttribute(name, value);
  form.replaceChildren(...document.adoptNode(next).childNodes);
}

/** Whether somebody is in it, or has changed what it will send. */
function isInUse(form: HTMLFormElement): boolean {
  return form.contains(document.activeElement) || [...form.elements].some(isChanged);
}

function isChanged(field: Element): boolean {
  if (field instanceof HTMLSelectElement) {
    // Where none is marked, a browser chooses the first.
    const marked = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(0, marked);
  }
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (!(field instanceof HTMLInputElement) || field.type === "hidden") return false;
  return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
}

function markWaiting(page: Document): void {
  const line = page.querySelector("[data-first-visit]");
  line?.classList.add("waiting-live");
  line?.lastElementChild?.replaceChildren("Waiting for the first request…");
}
