import { describe, expect, onTestFinished, test } from "vitest";
import { nets } from "../kit/nets.ts";
import { hall, operator } from "./hall.ts";

describe.each(nets)("the counts of a host %s", (_, open) => {
  test("show what it ignored and did not answer, and why, though only the first of a kind is logged", async () => {
    await using net = await open();
    const { log } = await hall(net, "block-01");
    const host = await operator(net, "block-01", ["viewer"]);
    expect(await host.counts({})).toEqual({ counts: [], workers: { running: 0, queued: 0, size: expect.any(Number) } });
    const stranger = net.transport("stranger");
    await stranger.connect();
    onTestFinished(() => stranger.close());
    for (let time = 1; time <= 3; time++) {
      stranger.publish("reeve.sys.members.stranger", new TextEncoder().encode("no message"));
      stranger.publish("$SRV.PING", new Uint8Array(), { reply: "reeve.call.host.v1.kill.block-01.block-01" });
    }
    const counts = async () => (await host.counts({})).counts;
    await expect.poll(counts).toEqual(
      expect.arrayContaining([
        { name: "members.ignored", labels: { kind: "malformed" }, value: 3 },
        { name: "services.unanswered", labels: { kind: "reply" }, value: 3 },
      ]),
    );
    const told = log.lines.filter(({ message }) => message?.includes("further ones of this kind are counted"));
    expect(told.map(({ fields }) => (fields as { kind: string }).kind).sort()).toEqual(["malformed", "reply"]);
  });
});
