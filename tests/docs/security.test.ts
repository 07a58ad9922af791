import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { natsServer } from "@reeve/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { runProgram } from "./run-program.ts";
import { Tutorial } from "./tutorial.ts";

test("the script of the security page prints rules that a broker takes, and who may speak for others", async () => {
  using page = new Tutorial("security.md");
  const said = await runProgram(page.directory, "print-rules.ts");
  expect(said).toBe("block-01 block-02 sched-01 ops-01 web-api\n");
  const config = readFileSync(join(page.directory, "reeve.conf"), "utf8");
  onTestFinished(() => void vi.unstubAllEnvs());
  const variables = [...config.matchAll(/password: \$(\w+)/g)].map(([, variable = ""]) => variable);
  expect(variables).toHaveLength(6);
  for (const variable of variables.slice(1)) vi.stubEnv(variable, `password-of-${variable}`);
  await expect(natsServer({ config })).rejects.toThrow(`variable reference for '${variables[0]}'`);
  vi.stubEnv(variables[0]!, '"1-begins-with-a-digit"');
  vi.stubEnv(variables[1]!, '"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"');
  await using server = await natsServer({ config });
  const client = await connect({ servers: server.url, user: "block-01", pass: "1-begins-with-a-digit" });
  await client.close();
  // The hash of that password, as bcrypt's own tests have it.
  const hashed = await connect({ servers: server.url, user: "block-02", pass: "U*U" });
  await hashed.close();
  await expect(connect({ servers: server.url, user: "block-01", pass: "" })).rejects.toThrow(/Authorization/i);
  await expect(connect({ servers: server.url })).rejects.toThrow(/Authorization/i);
});
