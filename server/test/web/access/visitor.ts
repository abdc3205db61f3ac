/** A browser without pages: what a person with cookies sees of logins that lead from one server to another and back. */
export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
}

/** Keeps cookies, follows redirects, and says where it went. Each has an address of its own: tries are counted by it. */
export class Visitor {
  static #count = 0;
  readonly #site: string;
  readonly #provider: string;
  readonly #address: string;
  #cookies: readonly Cookie[] = [];
  readonly went: string[] = [];

  /** @param site where the dashboard is, @param provider where its people log in */
  constructor(site: string, provider: string) {
    this.#site = site;
    this.#provider = provider;
    Visitor.#count += 1;
    this.#address = `192.0.2.${Visitor.#count}`;
  }

  /** @param before goes nowhere that begins so, and answers with the address instead */
  async open(path: string, form?: Readonly<Record<string, string>>, before?: string): Promise<Answer> {
    let url = new URL(path, this.#site);
    let body = form === undefined ? undefined : new URLSearchParams(form);
    for (let hop = 0; hop < 12; hop += 1) {
      this.went.push(url.href);
      const headers = { accept: "text/html", cookie: this.#cookieOf(url), "x-forwarded-for": this.#address };
      const init = body === undefined ? { headers } : { headers, body, method: "POST" };
      const answer = await fetch(url, { ...init, redirect: "manual" });
      this.#keep(url, answer);
      const location = answer.headers.get("location");
      if (location === null) {
        return { url: url.href, status: answer.status, body: await answer.text(), headers: answer.headers };
      }
      url = new URL(location, url);
      body = undefined;
      if (before !== undefined && url.href.startsWith(before)) {
        return { url: url.href, status: answer.status, body: "", headers: answer.headers };
      }
    }
    throw new Error(`Expected an end of redirects, got ${this.went.join(" → ")}`);
  }

  /** From a page of ours over the provider's login and back; an empty name refuses there. */
  async logIn(name: string, path = "/"): Promise<Answer> {
    const form = await this.open(path);
    if (!form.url.startsWith(this.#provider))
      throw new Error(`Expected the provider's login, got ${form.url}: ${form.body}`);
    return this.open(form.url, { name });
  }

  cookie(name: string): string | undefined {
    return this.#cookies.find((cookie) => cookie.name === name && cookie.host === new URL(this.#site).host)?.value;
  }

  /** @param value an empty one takes the cookie away */
  plant(name: string, value: string): void {
    this.#set({ name, value, host: new URL(this.#site).host, path: "/" });
  }

  #set(cookie: Cookie): void {
    const others = this.#cookies.filter(
      ({ name, host, path }) => name !== cookie.name || host !== cookie.host || path !== cookie.path,
    );
    this.#cookies = cookie.value === "" ? others : [...others, cookie];
  }

  #cookieOf({ host, pathname }: URL): string {
    return this.#cookies
      .filter((cookie) => cookie.host === host && pathname.startsWith(cookie.path))
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
  }

  #keep({ host }: URL, answer: Response): void {
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      const [, path = "/"] = /; path=([^;]+)/i.exec(line) ?? [];
      const isGone = /max-age=0|expires=thu, 01 jan 1970/i.test(line);
      this.#set({ name, value: isGone ? "" : value, host, path });
    }
  }
}
