import type { ProcessPermissions, Rule } from "./rule.ts";

/**
 * An account and its users as nats-server's configuration has them. Passwords are variables: the server takes them from
 * its environment, and does not start without.
 */
export function brokerConfig(account: string, processes: readonly ProcessPermissions[]): string {
  return [
    "# Made by permissions(). To be included by nats-server's configuration. Passwords come from its environment.",
    "accounts: {",
    `  ${account}: {`,
    "    users: [",
    ...processes.flatMap((process) => user(process).map((line) => `      ${line}`)),
    "    ]",
    "  }",
    "}",
    "",
  ].join("\n");
}

function user({ caller, rules }: ProcessPermissions): readonly string[] {
  return [
    "{",
    `  user: ${JSON.stringify(caller)}, password: $${passwordVariable(caller)}`,
    "  permissions: {",
    ...allowed("publish", rules).map((line) => `    ${line}`),
    ...allowed("subscribe", rules).map((line) => `    ${line}`),
    "  }",
    "}",
  ];
}

function allowed(right: Rule["right"], rules: readonly Rule[]): readonly string[] {
  const lines = rules.filter((rule) => rule.right === right);
  const width = Math.max(...lines.map(({ subject }) => subject.length)) + 2;
  return [
    `${right}: { allow: [`,
    ...lines.map(({ subject, purpose }) => `  ${JSON.stringify(subject).padEnd(width)} # ${purpose}`),
    "] }",
  ];
}

/** `block-01` logs in with what is in `REEVE_BLOCK_01`. */
export function passwordVariable(caller: string): string {
  return `REEVE_${caller.toUpperCase().replaceAll("-", "_")}`;
}
