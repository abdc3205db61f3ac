/**
 * React: alternatives without flicker, in the browser and on the server.
 *
 * A component that asks for an experiment suspends until there is an answer, at most for the session's time-out; what it
 * renders first is what it renders. Where the server has rendered already, its `assignments` are there from the start.
 *
 *     <SixpackProvider session={session} assignments={await participateAll(session, { button: ["red", "blue"] })}>
 *       <Suspense><Page /></Suspense>
 *     </SixpackProvider>
 */
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useMemo,
  useState,
} from "react";
import type { Alternatives, ParticipateOptions } from "./participation.ts";
import type { Session } from "./session.ts";
import { surroundings } from "./surroundings.ts";

export interface SixpackProviderProps {
  /** Made wherever you like: what a client was answered is remembered by server, client and experiment. */
  readonly session: Session;
  /** Alternatives of the session's client that are known already: what `participateAll` answered on the server. */
  readonly assignments?: Readonly<Record<string, string>> | undefined;
  /** Takes conversions instead of the session: a `ConversionQueue`. */
  readonly queue?: Converter | undefined;
  readonly children?: ReactNode;
}

export interface Converter {
  convert(experiment: string | null, kpi?: string | null, value?: number | null): unknown;
}

type Props = Omit<SixpackProviderProps, "children">;

interface Asked {
  readonly settled: Promise<void>;
  settledMs?: number;
  alternative?: string;
}

const Sixpack = createContext<Props | undefined>(undefined);

/**
 * Answers by question. Not by session, and not as state: React throws both away when a component suspends before it was
 * mounted, and makes them anew.
 */
const ASKED = new Map<string, Asked>();
/** Most answers that are remembered; the oldest goes first. */
const ASKED_MAX = 10_000;
/** A page keeps its answers as long as it lives; elsewhere they serve one rendering, and end this many milliseconds after they came. */
const RENDERING_MS_MAX = 10_000;

/** When a page asked about each experiment of a server, as far as it matters. */
const RECENT = new Map<string, number[]>();
/** Most questions of a page about one experiment within `RECENT_MS`. More are a client id that is made anew at each rendering. */
const RECENT_MAX = 20;
const RECENT_MS = 10_000;

export function SixpackProvider({ session, assignments, queue, children }: SixpackProviderProps): ReactElement {
  const known = useAssignmentsOf(session, assignments);
  const value = useMemo(() => ({ session, assignments: known, queue }), [session, known, queue]);
  return createElement(Sixpack.Provider, { value }, children);
}

/** The alternative of the session's client. Suspends where it isn't known yet. @throws TypeError for arguments that break the rules */
export function useExperiment<const A extends Alternatives>(
  experiment: string,
  alternatives: A,
  options?: ParticipateOptions,
): A[number] {
  const { session, assignments } = useSixpack();
  const [, forced, asks] = session.question(experiment, alternatives, options);
  // Where it is asked all the same, that is to have it recorded.
  if (forced !== undefined && asks) ask(session, experiment, alternatives, options);
  if (forced !== undefined) return forced;
  const isKnown = assignments !== undefined && Object.hasOwn(assignments, experiment);
  const assigned = isKnown ? alternatives.find((name) => name === assignments[experiment]) : undefined;
  if (assigned !== undefined) return assigned;
  const { alternative, settled } = ask(session, experiment, alternatives, options);
  if (alternative === undefined) throw settled;
  return alternative;
}

/**
 * `convert` of the queue, or of the session where there is none: the same function at every rendering. It never rejects
 * for a network reason.
 */
export function useConvert(): Converter["convert"] {
  const { session, queue = session } = useSixpack();
  return useCallback((experiment, kpi, value) => queue.convert(experiment, kpi, value), [queue]);
}

function useSixpack(): Props {
  const props = useContext(Sixpack);
  if (props === undefined) throw new TypeError("Expected a SixpackProvider above this component, got none");
  return props;
}

/** Assignments are one client's: those that came with another one are not shown to this one. */
function useAssignmentsOf({ clientId }: Session, assignments: Props["assignments"]): Props["assignments"] {
  const [came, setCame] = useState({ clientId, assignments });
  if (came.assignments !== assignments) setCame({ clientId, assignments });
  else if (came.clientId !== clientId) return;
  return assignments;
}

function ask(session: Session, experiment: string, alternatives: Alternatives, options?: ParticipateOptions): Asked {
  const key = JSON.stringify([session.baseUrl, session.clientId, experiment, alternatives, options]);
  const known = ASKED.get(key);
  const isOver = !surroundings.document && performance.now() - (known?.settledMs ?? Infinity) > RENDERING_MS_MAX;
  if (known !== undefined && !isOver) return known;
  if (isLoop(session, experiment)) return { settled: Promise.resolve(), alternative: alternatives[0] };
  const asked: Asked = {
    settled: session.participate(experiment, alternatives, options).then((alternative) => {
      asked.alternative = alternative;
      asked.settledMs = performance.now();
    }),
  };
  ASKED.delete(key);
  ASKED.set(key, asked);
  for (const oldest of ASKED.keys()) {
    if (ASKED.size <= ASKED_MAX) break;
    ASKED.delete(oldest);
  }
  return asked;
}

/** Whether a page asks without end. Its visitor gets the control, and the hook is told. */
function isLoop(session: Session, experiment: string): boolean {
  if (!surroundings.document) return false;
  const key = `${session.baseUrl} ${experiment}`;
  const nowMs = performance.now();
  const recent = (RECENT.get(key) ?? []).filter((atMs) => nowMs - atMs < RECENT_MS);
  RECENT.set(key, recent);
  recent.push(nowMs);
  if (recent.length <= RECENT_MAX) return false;
  const message = `Expected the same client at each rendering, got ${recent.length}: make its id outside of components`;
  session.report({ code: "timeout", call: "participate", experiment, message, body: {} });
  return true;
}
