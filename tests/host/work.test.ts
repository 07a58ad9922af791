import { postgres } from "@reeve/postgres";
import { createSupervisor, inProcess, type Supervisor } from "@reeve/runtime";
import { hosts } from "@reeve/runtime/host";
import { sqlite } from "@reeve/runtime/sqlite";
import { postgresServer, silentLogger } from "@reeve/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { millManager, mills } from "./mill.ts";

type Server = Awaited<ReturnType<typeof postgresServer>>;
type Store = NonNullable<Parameters<typeof createSupervisor>[0]["store"]>;
let server: Server;

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

const soon = { timeout: 20_000, interval: 20 };

async function start(hub: ReturnType<typeof inProcess>, host: string, store: Store): Promise<Supervisor> {
  const transport = hub.client({ caller: host });
  const supervisor = createSupervisor({ host, transport, trustedForwarders: ["*"], store, log: silentLogger });
  onTestFinished(() => supervisor.stop());
  supervisor.spawn(millManager);
  await supervisor.start();
  return supervisor;
}

const grinds = (supervisor: Supervisor, host: string, sack: string, breaks = false) =>
  supervisor
    .ref(mills)
    .at(host)
    .grind({ sack, breaks })
    .catch(() => {});

const shown = async (supervisor: Supervisor, host: string, filter: object = {}) => {
  const { items } = await supervisor.ref(hosts).at(host).work({ filter });
  return items.map(({ state, resource, manager }) => `${state} ${resource} ${manager}`);
};

describe.each(["SQLite", "PostgreSQL"])("on %s", (kind) => {
  const opened = async () =>
    kind === "SQLite" ? sqlite({ path: ":memory:" }) : postgres({ url: await server.createDatabase() });

  test("a host tells of its work: what fails with its error and next try, what runs with its age and for whom", async () => {
    const host = await start(inProcess(), "a", await opened());
    void grinds(host, "a", "oats");
    await grinds(host, "a", "rye", true);
    await vi.waitFor(
      async () => expect(await shown(host, "a")).toEqual(["failed rye mill/a", "running oats mill/a"]),
      soon,
    );
    await vi.waitFor(async () => {
      const { items } = await host
        .ref(hosts)
        .at("a")
        .work({ filter: { state: "failed" } });
      expect(items).toMatchObject([
        {
          ...{ kind: "sack.grinding", begunBy: "a", lastError: "the stone is still broken", waitingFor: null },
          ...{ nextAt: expect.any(Number), failures: expect.any(Number), user: expect.any(String) },
        },
      ]);
    }, soon);
    expect(await shown(host, "a", { manager: "mill/a", state: "running" })).toEqual(["running oats mill/a"]);
    expect(await shown(host, "a", { manager: "mill/elsewhere" })).toEqual([]);
  });

  test("what a manager that was stopped has left is told as left", async () => {
    const host = await start(inProcess(), "a", await opened());
    void grinds(host, "a", "oats");
    await vi.waitFor(async () => expect(await shown(host, "a")).toEqual(["running oats mill/a"]), soon);
    await host.drain("mill", "a");
    expect(await shown(host, "a")).toEqual(["left oats mill/a"]);
  });
});

test("of a shared database each host tells of its own work, and all of what is left where nobody lives", async () => {
  const hub = inProcess();
  const url = await server.createDatabase();
  const a = await start(hub, "a", postgres({ url }));
  const b = await start(hub, "b", postgres({ url }));
  const c = await start(hub, "c", postgres({ url }));
  void grinds(a, "a", "oats");
  void grinds(b, "b", "rye");
  await vi.waitFor(async () => expect(await shown(a, "a")).toEqual(["running oats mill/a"]), soon);
  await vi.waitFor(async () => expect(await shown(b, "b")).toEqual(["running rye mill/b"]), soon);
  expect(await shown(c, "c")).toEqual([]);
  await b.stop();
  const both = ["left rye mill/b", "running oats mill/a"];
  await vi.waitFor(async () => expect(await shown(a, "a")).toEqual(both), soon);
  expect(await shown(c, "c")).toEqual(["left rye mill/b"]);
});
