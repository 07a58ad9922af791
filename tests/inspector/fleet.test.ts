import { call, contract } from "@reeve/contract";
import { inspector } from "@reeve/inspector";
import { createSupervisor, defineManager, type Supervisor } from "@reeve/runtime";
import { type HostNews, HostPicture } from "@reeve/runtime/inspection";
import { sqlite } from "@reeve/runtime/sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { transports, useHosts } from "../transport/hosts.ts";

const token = "token-of-the-whole-fleet";
const lamps = contract("lamp", "1.0", { on: call({ input: z.object({ room: z.string() }) }) });
const lampManager = defineManager({ contract: lamps, setup: () => ({ operations: { on: () => undefined } }) });

describe.each(transports)("a fleet %s", (name) => {
  const { unconnected } = useHosts(name);

  async function host(host: string, given: ReturnType<typeof inspector> | undefined): Promise<Supervisor> {
    const supervisor = createSupervisor({
      host,
      transport: unconnected(),
      store: sqlite({ path: ":memory:" }),
      log: { level: "silent" },
      inspector: given,
    });
    supervisor.spawn(lampManager);
    await supervisor.start();
    onTestFinished(() => supervisor.stop());
    return supervisor;
  }

  test("whoever serves the page shows every host, though only one of them has a page", async () => {
    const served = await host("a", inspector({ port: 0, token }));
    const other = await host("b", undefined);
    const page = await watch(served);
    await page.until(() => page.names().join() === "lamp/a,lamp/b");
    other.kill("lamp", "b");
    await page.until(() => page.epochOf("lamp/b") === 2);
    await other.stop();
    await page.until(() => page.names().join() === "lamp/a");
  });

  test("a host acts for a page elsewhere only where it has an inspector of its own", async () => {
    const served = await host("a", inspector({ port: 0, token }));
    await host("b", undefined);
    const willing = await host("c", inspector({ port: 0, token }));
    const page = await watch(served);
    await page.until(() => page.names().length === 3);
    expect(await page.ask("lamp/b", "restart")).toMatchObject({ type: "refusal", reason: "NOT_PERMITTED" });
    expect(await page.ask("lamp/c", "restart")).toMatchObject({ type: "answer", value: { done: true } });
    expect(willing.managers()[0]!.epoch).toBe(2);
  });
});

/** A page without a browser: what it knows of the fleet. */
async function watch(supervisor: Supervisor) {
  const { port } = new URL(supervisor.inspectorUrl!);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live?token=${token}`);
  onTestFinished(() => socket.terminate());
  const pictures = new Map<string, HostPicture>();
  const answers: Record<string, unknown>[] = [];
  socket.on("message", (data) => {
    const message = JSON.parse(String(data)) as { type: string; news: HostNews; instance: string; hearing: string };
    if (message.type === "answer" || message.type === "refusal") answers.push({ ...message });
    if (message.type === "hearing" && message.hearing === "gone") pictures.delete(message.instance);
    if (message.type !== "news") return;
    const { news } = message;
    const picture = pictures.get(news.instance) ?? new HostPicture(news.instance);
    pictures.set(news.instance, picture);
    picture.apply(news);
  });
  const actors = () =>
    [...pictures.values()].flatMap((picture) => [...picture.actors.values()].map((actor) => ({ picture, actor })));
  return {
    names: () =>
      actors()
        .map(({ actor }) => actor.name)
        .sort(),
    epochOf: (name: string) => actors().find(({ actor }) => actor.name === name)?.actor.snapshot.context.epoch,
    until: (holds: () => boolean) => expect.poll(holds, { timeout: 10_000 }).toBe(true),
    async ask(name: string, action: "restart") {
      const { picture, actor } = actors().find((one) => one.actor.name === name)!;
      const number = answers.length + 1;
      const question = { ask: action, id: actor.id, epoch: actor.snapshot.context.epoch };
      socket.send(JSON.stringify({ type: "ask", number, instance: picture.instance, question }));
      await expect.poll(() => answers.length, { timeout: 10_000 }).toBe(number);
      return answers[number - 1];
    },
  };
}
