import { reeveError } from "@reeve/contract";

// Wildcard characters are refused even inside a token, where NATS takes them literally: what is published never looks like a pattern.
const malformed = /[\s*>]|^\.|\.\.|\.$/;
const malformedPattern = /\s|^\.|\.\.|\.$|[^.][*>]|[*>][^.]|>\./;

/**
 * @throws ReeveError `INVALID_OPTION` unless it can be published to: non-empty tokens between dots, no blanks, no wildcards
 *
 * @example
 * ```ts
 * checkSubject("subject", "reeve.sys.alive.block-01");
 * ```
 */
export function checkSubject(field: string, subject: string): void {
  if (subject === "" || malformed.test(subject))
    refuse(field, subject, "tokens between dots, without blanks or wildcards");
}

/**
 * @throws ReeveError `INVALID_OPTION` unless it can be subscribed to; `*` must be a whole token, `>` the last
 *
 * @example
 * ```ts
 * checkPattern("subject", "reeve.call.*.v1.>");
 * ```
 */
export function checkPattern(field: string, pattern: string): void {
  if (pattern === "" || malformedPattern.test(pattern)) {
    refuse(field, pattern, 'tokens between dots, without blanks; "*" as a whole token, ">" as the last');
  }
}

/**
 * @throws ReeveError `INVALID_OPTION` unless it is one subject token of letters, digits, `_` and `-`
 *
 * @example
 * ```ts
 * checkToken("caller", "block-01");
 * ```
 */
export function checkToken(field: string, token: string): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(token)) refuse(field, token, "1 to 64 letters, digits, _ or -");
}

export function hasWildcard(pattern: string): boolean {
  return pattern.includes("*") || pattern.endsWith(">");
}

function refuse(field: string, value: string, expected: string): never {
  throw reeveError("INVALID_OPTION", `${field}: ${JSON.stringify(value)} is malformed; give ${expected}`);
}
