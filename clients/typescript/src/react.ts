/**
 * React: alternatives without flicker, in the browser and on the server.
 *
 * A component that asks for an experiment suspends until there is an answer, at most for the session's time-out; what it
 * renders first is what it renders. Where the server has rendered already, its `assignments` are there from the start.
 *
 *     <SixpackProvider session={session} assignments={await session.participateAll({ button: ["red", "blue"] })}>
 *       <Suspense><Page /></Suspense>
 *     </SixpackProvider>
 */
import { createContext, createElement, type ReactElement, type ReactNode, useContext, useMemo } from "react";
import type { Alternatives, ParticipateOptions } from "./participation.ts";
import type { Session } from "./session.ts";

export interface SixpackProviderProps {
  readonly session: Session;
  /** Alternatives that are known already: what `participateAll` answered on the server. */
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
  alternative?: string;
  /** A mistake in the program; nothing else is thrown by `participate`. */
  mistake?: unknown;
}

const Sixpack = createContext<Props | undefined>(undefined);

/** Answers by session: a component that suspends keeps no state of its own. */
const ASKED = new WeakMap<Session, Map<string, Asked>>();

export function SixpackProvider({ session, assignments, queue, children }: SixpackProviderProps): ReactElement {
  const value = useMemo(() => ({ session, assignments, queue }), [session, assignments, queue]);
  return createElement(Sixpack.Provider, { value }, children);
}

/** The alternative of the session's client. Suspends where it isn't known yet. @throws TypeError for arguments that break the rules */
export function useExperiment<const A extends Alternatives>(
  experiment: string,
  alternatives: A,
  options?: ParticipateOptions,
): A[number] {
  const { session, assignments = {} } = useSixpack();
  const assigned = alternatives.find((name) => name === assignments[experiment]);
  if (assigned !== undefined) return assigned;
  const { alternative, mistake, settled } = ask(session, experiment, alternatives, options);
  if (alternative === undefined) throw mistake ?? settled;
  return alternative;
}

/** `convert` of the queue, or of the session where there is none. It never rejects for a network reason. */
export function useConvert(): Converter["convert"] {
  const { session, queue = session } = useSixpack();
  return (experiment, kpi, value) => queue.convert(experiment, kpi, value);
}

function useSixpack(): Props {
  const props = useContext(Sixpack);
  if (props === undefined) throw new TypeError("Expected a SixpackProvider above this component, got none");
  return props;
}

function ask(session: Session, experiment: string, alternatives: Alternatives, options?: ParticipateOptions): Asked {
  let experiments = ASKED.get(session);
  if (experiments === undefined) {
    experiments = new Map();
    ASKED.set(session, experiments);
  }
  const known = experiments.get(experiment);
  if (known !== undefined) return known;
  const asked: Asked = {
    settled: session.participate(experiment, alternatives, options).then(
      (alternative) => {
        asked.alternative = alternative;
      },
      (mistake: unknown) => {
        asked.mistake = mistake;
      },
    ),
  };
  experiments.set(experiment, asked);
  return asked;
}
