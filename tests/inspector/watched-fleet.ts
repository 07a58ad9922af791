import type { Supervisor } from "@reeve/runtime";
import { type HostNews, HostPicture, type MessageNews } from "@reeve/runtime/internal/inspection";
import { expect, onTestFinished } from "vitest";
import { WebSocket } from "ws";

export const token = "token-of-the-whole-fleet";

interface Heard {
  readonly type: string;
  readonly number: number;
  readonly news: HostNews;
  readonly instance: string;
  readonly hearing: { readonly is: string } | null;
  readonly drawing: unknown;
}

/** A page without a browser: what it knows of the fleet. */
export async function watch(supervisor: Supervisor) {
  const { port } = new URL(supervisor.inspectorUrl!);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live?token=${token}`);
  onTestFinished(() => socket.terminate());
  const pictures = new Map<string, HostPicture>();
  const replies = new Map<number, Heard>();
  const hearings = new Map<string, string | undefined>();
  const drawings: unknown[] = [];
  const messages: (MessageNews & { readonly instance: string })[] = [];
  let numbers = 0;
  socket.on("message", (data) => {
    const heard = JSON.parse(String(data)) as Heard;
    const { type, number, news, instance, hearing, drawing } = heard;
    if (type === "answer" || type === "refusal") replies.set(number, heard);
    if (type === "chart") drawings.push(drawing);
    if (type === "hearing") {
      hearings.set(instance, hearing?.is);
      if (hearing === null) pictures.delete(instance);
    }
    if (type !== "news") return;
    const picture = pictures.get(news.instance) ?? new HostPicture(news.instance);
    pictures.set(news.instance, picture);
    picture.apply(news);
    for (const message of news.messages ?? []) messages.push({ ...message, instance: news.instance });
  });
  const actors = () =>
    [...pictures.values()].flatMap((picture) => [...picture.actors.values()].map((actor) => ({ picture, actor })));
  const reply = async (message: object): Promise<unknown> => {
    numbers += 1;
    const number = numbers;
    socket.send(JSON.stringify({ ...message, number }));
    await expect.poll(() => replies.has(number), { timeout: 10_000 }).toBe(true);
    return replies.get(number);
  };
  const found = (name: string) => actors().find(({ actor }) => actor.name === name);
  return {
    names: () =>
      actors()
        .map(({ actor }) => actor.name)
        .sort(),
    /** How the host of a manager is heard. */
    hearingOf: (name: string) => hearings.get(found(name)?.picture.instance ?? "") ?? "current",
    epochOf: (name: string) => found(name)?.actor.snapshot.context.epoch,
    ownOf: (name: string) => found(name)?.actor.snapshot.context.own,
    until: (holds: () => boolean) => expect.poll(holds, { timeout: 10_000 }).toBe(true),
    messages,
    call: (instance: string, operation: string, input: object) => reply({ type: "call", instance, operation, input }),
    act(name: string, operation: "reset" | "drain" | "restart") {
      const { picture, actor } = found(name)!;
      const input = { manager: name, epoch: actor.snapshot.context.epoch };
      return reply({ type: "call", instance: picture.instance, operation, input });
    },
    async chartOf(name: string) {
      await reply({ type: "chart", definition: found(name)!.actor.definition });
      return drawings.at(-1);
    },
  };
}
