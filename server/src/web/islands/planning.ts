/**
 * The form of a plan asks for the rate or for the mean, as the KPI that decides is decided on, and answers while somebody
 * types: what its button shows on a page of its own stands beside the fields.
 */

/** After the last key, in milliseconds. */
const REST_MS = 400;

const ANSWER = ".plan-answer";
/** The table and the curve are those of the plan that is filled in. */
const ANSWERED = [".plan-outlook", ANSWER];

export function followPlans(page: Document): void {
  /** The last question; `undefined` while nobody has typed. */
  let asked: AbortController | undefined;
  let rest: ReturnType<typeof setTimeout> | undefined;
  const ask = (form: HTMLFormElement) => {
    asked?.abort();
    asked = new AbortController();
    if (form.checkValidity()) void answer(page, form, asked.signal);
    else page.querySelector(ANSWER)?.replaceChildren();
  };
  page.addEventListener("input", ({ target }) => {
    const form = formOf(target);
    if (form === undefined) return;
    clearTimeout(rest);
    rest = setTimeout(ask, REST_MS, form);
  });
  page.addEventListener("submit", (event) => {
    const form = formOf(event.target);
    if (form === undefined || event.submitter !== buttonOf(page)) return;
    event.preventDefault();
    ask(form);
  });
  page.addEventListener("change", () => sync(page));
  page.addEventListener("refreshed", () => {
    sync(page);
    // The page knows the plan in force, and not what is being typed.
    const form = formOf(page.querySelector("#plan-form"));
    if (form !== undefined && asked !== undefined) ask(form);
  });
}

/** `undefined` for what belongs to no form of a plan. */
function formOf(target: EventTarget | null): HTMLFormElement | undefined {
  const form = target instanceof Element ? target.closest("form") : null;
  return form?.id === "plan-form" ? form : undefined;
}

function buttonOf(page: Document): HTMLButtonElement | null {
  return page.querySelector('[form="plan-form"][formaction]');
}

async function answer(page: Document, form: HTMLFormElement, signal: AbortSignal): Promise<void> {
  const button = buttonOf(page);
  if (button === null) return;
  try {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    const answered = await fetch(button.formAction, { method: "POST", body, signal, headers: { accept: "text/html" } });
    const next = new DOMParser().parseFromString(await answered.text(), "text/html");
    for (const selector of ANSWERED) {
      const fresh = next.querySelector(selector);
      if (fresh !== null) page.querySelector(selector)?.replaceChildren(...fresh.childNodes);
    }
  } catch {
    // Asked again since, or the server can't be reached: the next key asks again.
  }
}

function sync(page: Document): void {
  for (const planning of page.querySelectorAll<HTMLElement>(".planning")) {
    const row = planning.querySelector('[name="role"] [value="primary"]:checked')?.closest("tr");
    const by = row?.querySelector<HTMLSelectElement>('[name="decides_on"]')?.value;
    if (by === undefined) delete planning.dataset["decided"];
    else planning.dataset["decided"] = by;
  }
}
