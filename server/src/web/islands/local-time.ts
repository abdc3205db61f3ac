/** Moments by the clock of whoever reads; the title keeps them in UTC. */

export function showLocalTimes(page: Document): void {
  for (const time of page.querySelectorAll<HTMLTimeElement>("time[data-moment]")) {
    const at = new Date(time.dateTime);
    if (time.title !== "" || Number.isNaN(at.getTime())) continue;
    time.title = time.textContent ?? "";
    time.textContent = localText(at);
  }
}

const PARTS = new Intl.DateTimeFormat("en", {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});

/** `2025-03-01 13:00 GMT+1`, in the order of the page. */
function localText(at: Date): string {
  const parts = Object.fromEntries(PARTS.formatToParts(at).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute, timeZoneName } = parts;
  return `${year}-${month}-${day} ${hour}:${minute} ${timeZoneName}`;
}
