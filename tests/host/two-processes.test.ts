import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import { natsServer, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { bells, operator, summaryOf } from "./hall.ts";

const program = fileURLToPath(new URL("./host-process.fixture.ts", import.meta.url));
const bell = "bell/block-01@tower";

async function begin(servers: string, path: string) {
  const child = spawn(process.execPath, ["--conditions=reeve-source", program, servers, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

test("a host of another process is operated, and what was cordoned there outlasts kill -9", async () => {
  await using server = await natsServer();
  const directory = mkdtempSync(join(tmpdir(), "reeve-host-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "store.sqlite");
  const net = {
    transport: (caller: string) => nats({ servers: server.url, caller }),
    [Symbol.asyncDispose]: async () => {},
  };
  const child = await begin(server.url, path);
  const host = await operator(net, "block-01", ["operator"]);
  const caller = await connect({ transport: net.transport("caller"), log: silentLogger });
  onTestFinished(() => caller.close());
  const held = caller
    .ref(bells)
    .at("block-01@tower")
    .hold({ name: "a" })
    .catch((error: unknown) => error);
  await expect.poll(async () => (await host.calls({})).items).toMatchObject([{ caller: "caller", stage: "running" }]);
  const { items } = await host.calls({});
  await host.cancel({ id: items[0]!.id });
  expect(await held).toMatchObject({ reason: "CANCELLED", outcome: "maybe-executed" });
  await host.cordon({ manager: bell, reason: "its rope is replaced" });
  expect(await host.restart({ manager: bell })).toMatchObject({ epoch: 2, state: "serving" });

  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
  await begin(server.url, path);
  await expect
    .poll(async () => await summaryOf(await operator(net, "block-01", ["operator"]), bell))
    .toMatchObject({ epoch: 3, cordon: { reason: "its rope is replaced", by: "ada" } });
});
