/** Messages of the API, "Expected X, got Y", as a page says them: without names of arguments in code. */
export function forPeople(message: string): string {
  const [, needed, given] = /^Expected (.+), got (.+?)\.?$/s.exec(message) ?? [];
  if (needed === undefined || given === undefined) return message;
  return `Needed: ${plain(needed)}. Given: ${given}.`;
}

/** `` `traffic_fraction` `` → traffic fraction */
function plain(text: string): string {
  return text.replace(/`([a-z_]+)`/g, (_, name: string) => name.replaceAll("_", " "));
}
