/** What server and browser have in common: where Sixpack is, and what is tested. */
export const SIXPACK_URL = process.env.NEXT_PUBLIC_SIXPACK_URL ?? "http://localhost:5000";

/** The first alternative of each is the control. */
export const EXPERIMENTS = { "next-button": ["red", "blue"] };
