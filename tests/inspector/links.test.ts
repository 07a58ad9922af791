import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import type { PanelRow } from "@reeve/runtime/inspection";
import { sqlite } from "@reeve/runtime/sqlite";
import { natsServer, silentLogger, tcpProxy } from "@reeve/testing";
import { expect, onTestFinished, test, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 });

test("a link that was lost and is back tells how often, since when, and how far the broker is", async () => {
  const server = await natsServer();
  const proxy = await tcpProxy(Number(new URL(server.url).port));
  let link: PanelRow | undefined;
  const supervisor = createSupervisor({
    host: "a",
    transport: nats({ servers: `127.0.0.1:${proxy.port}` }),
    store: sqlite({ path: ":memory:" }),
    log: silentLogger,
    inspector: {
      async attach({ feed }) {
        const watch = feed.watch(({ tables = [] }) => {
          link = tables.find(({ panel }) => panel === "links")?.table.rows[0] ?? link;
        });
        watch.want({ focus: [], panels: ["links"] });
        return { url: "", close: async () => watch.end() };
      },
    },
  });
  onTestFinished(async () => {
    await supervisor.stop();
    await proxy.close();
    await server.stop();
  });
  await supervisor.start();
  const until = (cells: PanelRow["cells"], rank?: number) =>
    vi.waitFor(() => expect(link).toMatchObject({ ...(rank !== undefined && { rank }), cells }), {
      timeout: 30_000,
      interval: 50,
    });
  const number = expect.any(Number) as unknown as number;
  await until({ link: "connected", reconnects: 0, roundTrip: number, since: number, why: null });
  await proxy.cut();
  await until(
    {
      link: "lost",
      roundTrip: null,
      why: expect.stringContaining("the link to the broker is down") as unknown as string,
    },
    -1,
  );
  await proxy.heal();
  await until({ link: "connected", reconnects: 1, roundTrip: number, why: null });
});
