/**
 * The few things of a browser that the client uses where they exist, typed so that nobody forgets they may not.
 * Node, Deno, Bun and edge workers have none of them; the library brings no DOM types into its users' programs.
 */
interface Surroundings {
  readonly document?: {
    cookie: string;
    readonly visibilityState: string;
    /** The page is made ahead, and maybe never seen. */
    readonly prerendering?: boolean;
  } & Listening;
  readonly location?: { readonly search: string };
  readonly navigator?: {
    readonly userAgent: string;
    readonly sendBeacon?: (url: string, body: string) => boolean;
    readonly locks?: {
      request(name: string, options: { signal: object }, work: () => Promise<void>): Promise<void>;
    };
  };
  readonly localStorage?: KeyValueStorage;
  readonly addEventListener?: Listening["addEventListener"];
  readonly removeEventListener?: Listening["removeEventListener"];
}

interface Listening {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** The part of `localStorage` that is used; anything alike will do. */
export interface KeyValueStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export const surroundings = globalThis as unknown as Surroundings;

/** Resolves when a page that was made ahead is shown; `undefined` for one that is shown already, and outside of pages. */
export function whenShown(): Promise<void> | undefined {
  const { document } = surroundings;
  if (!document?.prerendering) return;
  return new Promise((resolve) => {
    document.addEventListener("prerenderingchange", resolve as () => void);
  });
}
