import { catalogue } from "@reeve/contract";
import { reasonShapes } from "./reason-data.ts";

/** `docs/errors.md`: what each reason of the catalogue means. */
export function errorsPage(): string {
  const { byReason, named } = reasonShapes();
  const sections = Object.entries(catalogue)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, { code, outcome, retryable, means }]) => {
      const facts = `\`${code}\` · \`${outcome}\` · ${retryable ? "retryable" : "not retryable"}`;
      const shape = byReason.get(reason);
      const data = shape === undefined ? "" : `\n\`\`\`ts\ndata: ${shape}\n\`\`\`\n`;
      return `## ${reason}\n\n${facts}\n\n${means}\n${data}`;
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

\`isReason(error, "BUSY")\` narrows \`error.data\` to the type that is shown with the reason, where it has any; \`undefined\` beside
it says that not every error of that reason has it. An error of another process has what the version there gives it.

${sections.join("\n")}
## Shapes of data

Work that has failed while a driver call that it made still runs adds \`Held\` to whatever reason it failed for.

\`\`\`ts
${named.join("\n\n").replaceAll(/\breadonly /g, "")}
\`\`\`
`;
}
