/**
 * When work that takes turns with requests goes on: once those that came meanwhile have been handled and answered. Their
 * answers are written at the end of a turn of the event loop (`api/turn.ts`), so it is the turn after that one.
 */
export function afterAnswers(step: () => void): void {
  setImmediate(() => setImmediate(step));
}

export function nextTurn(): Promise<void> {
  return new Promise(afterAnswers);
}
