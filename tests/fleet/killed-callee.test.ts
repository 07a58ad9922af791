import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import { natsServer, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { vaults } from "./vault.ts";

const program = fileURLToPath(new URL("./vault.fixture.ts", import.meta.url));
vi.setConfig({ testTimeout: 40_000 });

class Keeper {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  constructor(servers: string, host: string, path: string, life: string) {
    this.#child = spawn(process.execPath, ["--conditions=reeve-source", program, servers, host, path, life], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#exit = once(this.#child, "exit");
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.lines.push(line));
    onTestFinished(() => this.kill());
  }

  async said(line: string): Promise<void> {
    await vi.waitFor(() => expect(this.lines).toContain(line), { timeout: 15_000 });
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }
}

/** A broker, somebody who calls the vaults of every host, and how to start one: each host has a store of its own, on a disk of its name unless told. */
async function open() {
  const directory = mkdtempSync(join(tmpdir(), "reeve-vault-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const broker = await natsServer();
  onTestFinished(() => broker.close());
  const caller = await connect({ transport: nats({ servers: broker.url, caller: "cli" }), log: silentLogger });
  onTestFinished(() => caller.close());
  const keep = async (host: string, life: string, disk = host) => {
    const keeper = new Keeper(broker.url, host, join(directory, disk), life);
    await keeper.said("ready");
    return keeper;
  };
  return { ref: caller.ref(vaults), keep };
}

test("calls of a process that is killed and started again are answered by its next life where that is safe", async () => {
  const { ref, keep } = await open();
  const first = await keep("keeper", "first");
  const vault = ref.at("keeper");
  const [put, look, burn] = [vault.put({ key: "a" }), vault.look({ key: "b" }), vault.burn({ key: "c" })];
  const burnt = expect(burn).rejects.toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed" });
  await first.said("a put in the first life");
  await first.said("b seen in the first life");
  await first.said("c burnt in the first life");
  const other = await keep("other", "other");
  await first.kill();
  const second = await keep("keeper", "second");
  // What the transaction gave stands in for the answer that was never sent.
  expect(await put).toBe("a put in the first life");
  expect(await look).toBe("b seen in the second life");
  await burnt;
  expect(await vault.kept({})).toEqual(["a"]);
  expect(second.lines.filter((line) => !line.startsWith("b"))).toEqual(["ready"]);
  expect(other.lines).toEqual(["ready"]);
});

test("a call with a key is not run again by a disk that replaced the one which may know it", async () => {
  const { ref, keep } = await open();
  const first = await keep("keeper", "first");
  const vault = ref.at("keeper");
  const [put, look] = [vault.put({ key: "a" }), vault.look({ key: "b" })];
  const lost = expect(put).rejects.toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed" });
  await first.said("a put in the first life");
  await first.said("b seen in the first life");
  await first.kill();
  const second = await keep("keeper", "second", "new disk");
  expect(await look).toBe("b seen in the second life");
  await lost;
  expect(second.lines).not.toContain("a put in the second life");
  expect(await vault.kept({})).toEqual([]);
});

test("a call that anybody may answer does not put into another's store what one may have put already", async () => {
  const { ref, keep } = await open();
  const first = await keep("keeper", "first");
  const [put, look] = [ref.put({ key: "a" }), ref.look({ key: "b" })];
  await first.said("a put in the first life");
  await first.said("b seen in the first life");
  await keep("other", "other");
  await expect.poll(() => ref.at("other").kept({})).toEqual([]);
  await first.kill();
  // Known to be gone by its silence.
  expect(await look).toBe("b seen in the other life");
  await keep("keeper", "second");
  expect(await put).toBe("a put in the first life");
  expect(await ref.at("other").kept({})).toEqual([]);
  expect(await ref.at("keeper").kept({})).toEqual(["a"]);
});
