import { call, contract, reeveError, stream } from "@reeve/contract";
import { connect, createSupervisor, defineManager, inProcess } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { faultTransport, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";

const pages = contract("page", "1.0", {
  read: call({ input: z.object({}), output: z.string(), timeout: "15s" }),
  leaf: stream({ input: z.object({ leaves: z.number() }), progress: z.number(), output: z.string(), timeout: "15s" }),
});

/** A host and a caller; each transport refuses what it is told to, as one does whose broker has stopped reading. */
async function library() {
  const hub = inProcess();
  let runs = 0;
  const librarian = defineManager({
    contract: pages,
    setup: () => ({
      operations: {
        read: () => `run ${++runs}`,
        leaf: async function* ({ leaves }) {
          for (let leaf = 0; leaf < leaves; leaf++) yield leaf;
          return "read";
        },
      },
    }),
  });
  const link = (caller: string) => faultTransport(hub.client({ caller }), { print: () => {} });
  const [serving, calling] = [link("library"), link("reader")];
  const store = sqlite({ path: ":memory:" });
  const supervisor = createSupervisor({ host: "library", store, log: silentLogger, transport: serving });
  supervisor.spawn(librarian);
  await supervisor.start();
  const connection = await connect({ transport: calling, log: silentLogger });
  onTestFinished(async () => {
    await connection.close();
    await supervisor.stop();
  });
  return { serving, calling, page: connection.ref(pages) };
}

/** Refuses the next messages to such subjects. Returns how many it has refused. */
function refuse(transport: Transport, subject: RegExp, times: number): () => number {
  const publish = transport.publish.bind(transport);
  let refused = 0;
  vi.spyOn(transport, "publish").mockImplementation((to, data, options) => {
    if (refused === times || !subject.test(to)) return publish(to, data, options);
    refused++;
    throw reeveError("LINK_SATURATED", "the broker has not confirmed 64 MiB; slow down", {
      data: { unconfirmedBytes: 1, limitBytes: 1 },
    });
  });
  return () => refused;
}

test("an answer that the link had no room for is asked for, and nothing runs twice", async () => {
  const { serving, page } = await library();
  expect(await page.read({})).toBe("run 1");
  const refused = refuse(serving, /^_INBOX\.reader/, 1);
  expect(await page.read({})).toBe("run 2");
  expect(refused()).toBe(1);
  expect(await page.read({})).toBe("run 3");
});

test("a stream whose steps the link had no room for goes on", async () => {
  const { serving, page } = await library();
  await page.read({});
  const refused = refuse(serving, /^_INBOX\.reader/, 1);
  const stream = page.leaf({ leaves: 100 });
  const leaves: number[] = [];
  for await (const leaf of stream) leaves.push(leaf);
  expect(await stream.result).toBe("read");
  expect(refused()).toBe(1);
  expect(leaves.at(-1)).toBe(99);
});

test("a stream whose reader's word of room found none on the link goes on", async () => {
  const { calling, page } = await library();
  await page.read({});
  const stream = page.leaf({ leaves: 100 });
  const reader = stream[Symbol.asyncIterator]();
  const leaves = [(await reader.next()).value];
  const refused = refuse(calling, /leaf/, 3);
  for (let step = await reader.next(); !step.done; step = await reader.next()) leaves.push(step.value);
  expect(leaves).toEqual(Array.from({ length: 100 }, (_, leaf) => leaf));
  expect(refused()).toBe(3);
});
