/**
 * Refuses options that have a name too many, so that a misspelt one never silently means its default.
 *
 * @param field of what these are the options; empty for all of them
 * @throws RangeError that names the option
 */
export function requireKnownNames(field: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const place = field === "" ? unknown : `${field}.${unknown}`;
  throw new RangeError(`${place}: expected one of ${known.join(", ")}, got ${JSON.stringify(unknown)}`);
}
