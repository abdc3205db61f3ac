/**
 * What every page shows around its own matter, handed down by Preact's context, so that no page passes it on.
 *
 * @example
 * const { theme } = useFrame();
 */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Status } from "../service/report/listing.ts";
import { type Assets, UNBUILT } from "./assets.ts";
import type { Theme } from "./theme.ts";

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

export const FrameContext = createContext<Frame>(BARE);

export function useFrame(): Frame {
  return useContext(FrameContext);
}
