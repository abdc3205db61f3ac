export type { Failure, FailureCode } from "./failure.ts";
export type { Alternatives, ParticipateOptions } from "./participation.ts";
export { type Participation, Session, type SessionOptions } from "./session.ts";
export type { Arguments } from "./wire.ts";
