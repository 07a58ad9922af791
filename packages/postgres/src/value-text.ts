/** A time as PostgreSQL reads it, in UTC to the millisecond; undefined for an invalid date. */
export function timestampText(date: Date): string | undefined {
  if (Number.isNaN(date.getTime())) return undefined;
  const iso = date.toISOString();
  // Years beyond four digits and before Christ have a sign in ISO 8601, which PostgreSQL does not read.
  if (iso.length === 24) return iso.startsWith("0000") ? beforeChrist(1, iso.slice(4)) : iso;
  const year = Number(iso.slice(0, 7));
  return year > 0 ? `${year}${iso.slice(7)}` : beforeChrist(1 - year, iso.slice(7));
}

function beforeChrist(year: number, rest: string): string {
  return `${String(year).padStart(4, "0")}${rest} BC`;
}

/** Whether PostgreSQL can keep it: JSON may say NUL as an escape, unless the backslash is itself escaped. */
export function isWellFormedJson(json: string): boolean {
  return !json.includes("\\u0000") || !/(?<!\\)(?:\\\\)*\\u0000/.test(json);
}

/** Whether half of a pair stands alone in it, which JSON says as an escape; pairs it writes as they are. */
export function hasLoneSurrogate(json: string): boolean {
  return json.includes("\\ud") && /(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(json);
}
