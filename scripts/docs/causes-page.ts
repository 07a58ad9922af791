import { causes } from "../../packages/runtime/src/lifecycle/cause.ts";

const serves = {
  everybody: "everybody",
  neighbours: "callers of its process; others by its address",
  addressed: "by its address, or where nobody else can",
  nobody: "nobody",
} as const;

/** The page docs/causes.md, from the table that the lifecycle goes by. */
export function causesPage(): string {
  const rows = Object.entries(causes).map(
    ([reason, { degrades, serves: whom, means }]) =>
      `| \`${reason}\` | ${degrades ? "degraded" : "no change"} | ${serves[whom]} | ${means} |`,
  );
  return `# What can be wrong with a manager

Written from the table in \`packages/runtime/src/lifecycle/cause.ts\` by \`pnpm docs:errors\`.

\`supervisor.managers()\` gives \`status.causes\`, each with a reason of this table, a message that says what happened and what to do, and for some
\`data\`. They stand from the first moment, also before a manager has started, until what they say is over. Heartbeats, the service protocol and
the inspector show them too. Several may stand at once: the manager is \`degraded\` while one of them degrades it, and the worst decides whom it answers.

| cause | state | still answers | what it means |
|---|---|---|---|
${rows.join("\n")}
`;
}
