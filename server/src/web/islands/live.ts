/**
 * Keeps a page up to date: told that something changed, it reads the page again and puts the parts marked `data-live` in
 * place of the old ones. Nothing moves while one reads: open details, forms and the focus stay.
 */

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
      // The server is away: the next look may find it.
    }
  }, POLL_MS);
}

async function refresh(page: Document): Promise<void> {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.querySelector("[data-first-visit]") !== null && next.querySelector("[data-first-visit]") === null) {
      arrive(page);
      return;
    }
    for (const part of page.querySelectorAll("[data-live]")) replace(part, next.getElementById(part.id));
    page.dispatchEvent(new CustomEvent("refreshed"));
  } catch {
    // The next notice brings it.
  }
}

/** What one is using stays as it is until the next time. */
function replace(part: Element, fresh: Element | null): void {
  if (fresh === null || part.contains(document.activeElement) || part.querySelector("details[open]")) return;
  if (part.innerHTML !== fresh.innerHTML) part.replaceChildren(...document.adoptNode(fresh).childNodes);
}

function markWaiting(page: Document): void {
  const line = page.querySelector("[data-first-visit]");
  line?.classList.add("waiting-live");
  line?.lastElementChild?.replaceChildren("Waiting for the first request…");
}

/** Says so, then shows the list. */
function arrive(page: Document): void {
  const line = page.querySelector("[data-first-visit]");
  const link = page.createElement("a");
  link.href = rootOf(page);
  link.textContent = "See the experiment";
  line?.classList.replace("waiting-live", "waiting-done");
  line?.lastElementChild?.replaceChildren("The first request is here. ", link);
}
