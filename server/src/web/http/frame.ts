/**
 * What every page needs around its content: files, theme, counts of the lists, storage. A hook makes it from the
 * request, and Preact's context hands it down, so that no page passes it on.
 *
 * @example
 * const { theme } = useFrame();
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { ServiceContext } from "../../service/context.ts";
import { countStatuses } from "../../service/report/listing.ts";
import type { Status } from "../../service/report/selection.ts";
import { type Assets, UNBUILT } from "./assets.ts";
import { type Cookie, readCookie } from "./cookies.ts";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
export const THEME_COOKIE: Cookie = { name: "theme", isHint: true };

export interface Frame {
  readonly assets: Assets;
  readonly theme: Theme;
  /** Where the reader is, to come back to. */
  readonly path: string;
  /** Experiments per status; `undefined` while the store does not answer. */
  readonly counts: Readonly<Record<Status, number>> | undefined;
  /** One line about the storage engine. */
  readonly storage: string;
}

/** For pages that are made without a request, as in a test of the page alone. */
const BARE: Frame = { assets: UNBUILT, theme: "auto", path: "/", counts: undefined, storage: "" };

declare module "fastify" {
  interface FastifyReply {
    /** Asked when a page is written; `null` where a request was refused before anything was known of it. */
    frame: (() => Promise<Frame>) | null;
  }
}

export const FrameContext = createContext<Frame>(BARE);

export function useFrame(): Frame {
  return useContext(FrameContext);
}

/** Gives every reply its frame. This never fails, because an error page has a frame too. */
export function addFrames(app: FastifyInstance, { store }: Pick<ServiceContext, "store">, assets: Assets): void {
  const surroundings = async (): Promise<Pick<Frame, "counts" | "storage">> => {
    try {
      const [experiments, { summary }] = await Promise.all([store.definitions.list(), store.status()]);
      return { counts: countStatuses(experiments), storage: summary };
    } catch {
      return { counts: undefined, storage: "the store does not answer" };
    }
  };
  app.decorateReply("frame", null);
  app.addHook("onRequest", async (request, reply) => {
    reply.frame = async () => ({
      assets,
      theme: themeOf(request),
      path: request.url,
      ...(await surroundings()),
    });
  });
}

function themeOf(request: FastifyRequest): Theme {
  const chosen = readCookie(request, THEME_COOKIE);
  return THEMES.find((theme) => theme === chosen) ?? "auto";
}
