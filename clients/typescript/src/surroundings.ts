/**
 * The few things of a browser that the client uses where they exist, typed so that nobody forgets they may not.
 * Node, Deno, Bun and edge workers have none of them; the library brings no DOM types into its users' programs.
 */
export interface Surroundings {
  readonly document?: { cookie: string; readonly visibilityState: string } & EventTarget;
  readonly location?: { readonly search: string };
  readonly navigator?: {
    readonly userAgent: string;
    readonly sendBeacon?: (url: string, body: string) => boolean;
    readonly locks?: {
      request(name: string, options: { ifAvailable: true }, work: (lock: unknown) => Promise<void>): Promise<void>;
    };
  };
  readonly localStorage?: KeyValueStorage;
  readonly addEventListener?: EventTarget["addEventListener"];
  readonly removeEventListener?: EventTarget["removeEventListener"];
}

/** The part of `localStorage` that is used; anything alike will do. */
export interface KeyValueStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export const surroundings = globalThis as unknown as Surroundings;
