import { catalogue } from "@reeve/contract";

/** `docs/errors.md`: what each reason of the catalogue means. */
export function errorsPage(): string {
  const sections = Object.entries(catalogue)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, { code, outcome, retryable, means }]) => {
      const facts = `\`${code}\` · \`${outcome}\` · ${retryable ? "retryable" : "not retryable"}`;
      return `## ${reason}\n\n${facts}\n\n${means}\n`;
    });
  return `<!-- Written by \`pnpm docs:errors\` from packages/contract/src/catalogue.ts. Edit that. -->

# Errors

Every failure is a \`ReeveError\`. Its \`reason\` is one of these, or one that the operation's contract declares. Under each
reason stand its \`code\` (a [gRPC status name](https://grpc.github.io/grpc/core/md_doc_statuscodes.html)), what is known of the
call's execution unless the error itself says otherwise (\`outcome\`), and whether the same call may succeed later without
anybody changing it (\`retryable\`).

| outcome | the operation |
|---|---|
| \`never-sent\` | did not leave the caller's process |
| \`not-executed\` | was refused before it ran |
| \`maybe-executed\` | may have run, be running still, or run later |
| \`executed\` | ran and failed |

${sections.join("\n")}`;
}
