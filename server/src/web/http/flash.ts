/**
 * The message of an action on the next page: that it was done, and how to undo it. It travels in a signed cookie, so
 * that it needs no session and no JavaScript, and a reload of the page does not say it again.
 */

import type { FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { Check } from "typebox/value";
import { hasPassed } from "../../lib/time.ts";
import { clearCookie, readCookie, writeCookie } from "./cookies.ts";
import { seal, unseal } from "./signature.ts";

const FLASH = Type.Object({
  /** In words, whole: "Paused button." */
  text: Type.String(),
  /** The form that takes it back: what it is posted to is put together on the page, as an encoded name is three times as long. */
  undo: Type.Union([
    Type.Null(),
    Type.Object({
      /** `null` where `action` is the whole path. */
      experiment: Type.Union([Type.String(), Type.Null()]),
      action: Type.String(),
      label: Type.String(),
      fields: Type.Record(Type.String(), Type.String()),
    }),
  ]),
  /** Milliseconds since 1970, UTC. */
  atMs: Type.Integer(),
});
export type Flash = Readonly<Static<typeof FLASH>>;

/** Most characters of a message: browsers silently drop cookies of more than 4,096 bytes. */
const TEXT_LENGTH_MAX = 400;
/** How long a message waits for its page, in milliseconds. */
const FLASH_AGE_MAX_MS = 60_000;
const COOKIE = { name: "sixpack_flash" };

export interface Flashes {
  readonly leave: (request: FastifyRequest, reply: FastifyReply, flash: Omit<Flash, "atMs">) => void;
  /** Shown once, on a page that a person opens. A page that a script reads again leaves it for the next. */
  readonly take: (request: FastifyRequest, reply: FastifyReply) => Flash | undefined;
}

export function flashes(secretKey: string, nowMs: () => number): Flashes {
  return {
    leave: (request, reply, flash) => {
      const characters = [...flash.text];
      const text =
        characters.length > TEXT_LENGTH_MAX ? `${characters.slice(0, TEXT_LENGTH_MAX).join("")}…` : flash.text;
      const value = seal(secretKey, "flash", { ...flash, text, atMs: nowMs() } satisfies Flash);
      writeCookie(request, reply, COOKIE, value, FLASH_AGE_MAX_MS);
    },
    take: (request, reply) => {
      const cookie = readCookie(request, COOKIE);
      if (cookie === undefined || request.headers["x-sixpack-refresh"] !== undefined) return undefined;
      clearCookie(request, reply, COOKIE);
      const flash = unseal(secretKey, "flash", cookie, (raw) => (Check(FLASH, raw) ? raw : undefined));
      return flash === undefined || hasPassed(FLASH_AGE_MAX_MS, flash.atMs, nowMs()) ? undefined : flash;
    },
  };
}
