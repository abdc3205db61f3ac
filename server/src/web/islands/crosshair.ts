/**
 * The crosshair of a chart, by mouse and by keyboard: a line at one period, and what each line says there. Figures come
 * from the chart's own table, so they always agree with the page.
 */
import { made } from "./made.ts";

const SVG = "http://www.w3.org/2000/svg";

export function addCrosshairs(page: ParentNode): void {
  for (const box of page.querySelectorAll<HTMLElement>("[data-chart]")) addCrosshair(box);
}

function addCrosshair(box: HTMLElement): void {
  const { rows: first } = tableOf(box);
  if (first.length === 0 || box.querySelector(".chart-focus") !== null) return;

  const handle = made(document.createElement("div"));
  handle.className = "chart-focus";
  handle.tabIndex = 0;
  handle.setAttribute("role", "slider");
  handle.setAttribute("aria-valuemin", "1");
  const tip = made(document.createElement("div"));
  tip.className = "chart-tip";
  tip.hidden = true;
  box.append(handle, tip);

  let at = first.length - 1;
  /** The table may have other rows than the last time. */
  const speak = (next: number): ReturnType<typeof tableOf> => {
    const table = tableOf(box);
    const { head, rows } = table;
    at = Math.min(rows.length - 1, Math.max(0, next));
    const label = box.querySelector("svg")?.getAttribute("aria-label") ?? "Chart";
    handle.setAttribute("aria-label", `${label}: arrow keys move through it`);
    handle.setAttribute("aria-valuemax", String(rows.length));
    handle.setAttribute("aria-valuenow", String(at + 1));
    handle.setAttribute("aria-valuetext", speech(head, rows[at] ?? []));
    return table;
  };
  const show = (next: number): void => {
    const { head, rows } = speak(next);
    draw(box, at, rows.length);
    fill(tip, head, rows[at] ?? [], at < rows.length / 2);
  };
  const hide = (): void => {
    tip.hidden = true;
    box.querySelector(".chart-cross")?.remove();
  };
  speak(at);
  handle.addEventListener("focus", () => show(at));
  handle.addEventListener("blur", hide);
  handle.addEventListener("pointerleave", () => document.activeElement !== handle && hide());
  handle.addEventListener("pointermove", (event) => show(nearest(box, event.clientX, tableOf(box).rows.length)));
  handle.addEventListener("keydown", (event) => {
    const to = target(event.key, at, tableOf(box).rows.length);
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
}

function tableOf(box: HTMLElement) {
  const table = box.closest(".panel")?.querySelector("table.data");
  const head = [...(table?.querySelectorAll("thead th") ?? [])].map(textOf);
  const rows = [...(table?.querySelectorAll("tbody tr") ?? [])].map((row) => [...row.children].map(textOf));
  return { head, rows };
}

function textOf(element: Element): string {
  return element.textContent?.trim() ?? "";
}

function target(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return at - 1;
    case "ArrowRight":
    case "ArrowUp":
      return at + 1;
    case "PageDown":
      return at - 7;
    case "PageUp":
      return at + 7;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

/** The picture that is shown: a wide or a narrow one. */
function shownChart(box: HTMLElement): SVGSVGElement | undefined {
  return [...box.querySelectorAll<SVGSVGElement>("svg.chart")].find((svg) => svg.getClientRects().length > 0);
}

function sides(svg: SVGSVGElement): readonly [left: number, right: number] {
  return [Number(svg.dataset["left"]), Number(svg.dataset["right"])];
}

function nearest(box: HTMLElement, clientX: number, count: number): number {
  const svg = shownChart(box);
  if (svg === undefined) return 0;
  const { left: start, width } = svg.getBoundingClientRect();
  const [left, right] = sides(svg);
  const share = ((clientX - start) / width - left) / (right - left);
  return Math.round(share * Math.max(1, count - 1));
}

function draw(box: HTMLElement, at: number, count: number): void {
  const svg = shownChart(box);
  if (svg === undefined) return;
  const { width, height } = svg.viewBox.baseVal;
  const [left, right] = sides(svg);
  const x = (left + (right - left) * (at / Math.max(1, count - 1))) * width;
  const line = svg.querySelector(".chart-cross") ?? document.createElementNS(SVG, "line");
  line.setAttribute("class", "chart-cross");
  for (const [name, value] of [
    ["x1", x],
    ["x2", x],
    ["y1", 10],
    ["y2", height - 27],
  ] as const) {
    line.setAttribute(name, String(value));
  }
  svg.append(line);
}

function fill(tip: HTMLElement, head: readonly string[], row: readonly string[], onTheRight: boolean): void {
  const table = document.createElement("table");
  for (const [index, value] of row.entries()) {
    const line = table.insertRow();
    line.insertCell().textContent = index === 0 ? value : (head[index] ?? "");
    if (index > 0) line.insertCell().textContent = value;
  }
  tip.replaceChildren(table);
  tip.classList.toggle("chart-tip-right", onTheRight);
  tip.hidden = false;
}

function speech(head: readonly string[], row: readonly string[]): string {
  return row.map((value, index) => (index === 0 ? value : `${head[index]} ${value}`)).join(", ");
}
