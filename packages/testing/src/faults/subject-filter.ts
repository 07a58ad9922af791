/** Tells whether a subject matches a NATS pattern: `*` is one token, `>` the rest. */
export function subjectFilter(pattern: string): (subject: string) => boolean {
  const tokens = pattern.split(".").map((token) => {
    if (token === "*") return "[^.]+";
    return token === ">" ? ".+" : token.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
  });
  const matching = new RegExp(`^${tokens.join("\\.")}$`);
  return (subject) => matching.test(subject);
}
