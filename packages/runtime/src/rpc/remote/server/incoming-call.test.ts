import { contract, stream } from "@reeve/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { inProcess } from "../../../transport/in-process/index.ts";
import { servedBy } from "../../callee/served.ts";
import { Stage } from "../../stage.fixture.ts";
import { encodeHead } from "../../wire/envelope.ts";
import { Msgpack } from "../../wire/msgpack.ts";
import { TickBatcher } from "../tick-batcher.ts";
import { IncomingCall } from "./incoming-call.ts";
import { Peer } from "./peer.ts";
import { ReplyLane } from "./reply-lane.ts";

const files = contract("file", "1.0", {
  read: stream({ input: z.object({}), progress: z.string(), output: z.string() }),
});

test("of a stream the answer is remembered, and not the message of progress that it went with", async () => {
  const msgpack = new Msgpack();
  const transport = inProcess().client();
  await transport.connect();
  const lane = new ReplyLane(
    { transport, msgpack, batcher: new TickBatcher(), lost: (subject, error) => expect.fail(`${subject}: ${error}`) },
    "_INBOX.client.1.1",
    encodeHead(msgpack, ["server", 1]),
  );
  const peer = new Peer("_INBOX.client.1", "client", 0);
  const port = { router: new Stage().client, peer, lane, entry: { tally: undefined }, receivedAt: 0, ended() {} };
  const { call } = new IncomingCall(port, 7, servedBy(files).get("read")!, peer.binding, {}, 1_000);
  peer.answers.began(7);
  for (let step = 0; step < 10; step++) call.progress!.push("x".repeat(6_000));
  call.succeed("done");
  const answer = peer.answers.get(7);
  if (typeof answer !== "object") expect.fail(`remembered as ${answer}`);
  expect(msgpack.unpack(answer.answerTo(7), 0)).toEqual([16, 7, "done", 10]);
  expect(answer.answerTo(7).buffer.byteLength).toBe(answer.bytes);
});
