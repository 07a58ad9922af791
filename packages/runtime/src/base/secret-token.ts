import { randomBytes } from "node:crypto";

const bytes = 12;

/**
 * 96 random bits as a token of a subject. Whoever may publish to every inbox cannot guess where an answer, or the broker's
 * notice that nobody listens, is waited for: of what such subjects share, others have seen enough to count on.
 */
export function secretToken(): string {
  return randomBytes(bytes).toString("base64url");
}
