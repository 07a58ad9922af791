import { contract, stream } from "@reeve/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { inProcess } from "../../../transport/in-process/index.ts";
import { servedBy } from "../../callee/served.ts";
import { Stage } from "../../stage.fixture.ts";
import { encodeHead } from "../../wire/envelope.ts";
import { Msgpack } from "../../wire/msgpack.ts";
import { TickBatcher } from "../tick-batcher.ts";
import type { Answered } from "./answers.ts";
import { CallingProcess } from "./calling-process.ts";
import { Conversation } from "./conversation.ts";
import { Endpoint } from "./endpoint.ts";
import { IncomingCall } from "./incoming-call.ts";
import { OpenConversation } from "./open-conversation.ts";
import { ReplyLane } from "./reply-lane.ts";

const files = contract("file", "1.0", {
  read: stream({ input: z.object({}), progress: z.string(), output: z.string() }),
});

test("of a stream the answer is remembered, and not the message of progress that it went with", async () => {
  const msgpack = new Msgpack();
  const transport = inProcess().client();
  await transport.connect();
  const replies = {
    ...{ transport, msgpack, batcher: new TickBatcher() },
    lost: (subject: string, error: unknown) => expect.fail(`${subject}: ${error}`),
  };
  const lane = new ReplyLane(replies, "_INBOX.client.1.s.1", encodeHead(msgpack, ["server", "i1", 1]));
  const cancelled: Answered = { kept: () => 0, dropped: () => 0, answerTo: () => Buffer.alloc(0) };
  const calls = new Conversation<IncomingCall, Answered>({ cancelled });
  const process = new CallingProcess("client");
  const conversation = new OpenConversation(replies, "_INBOX.client.1.s", "client", process, calls);
  const stage = new Stage();
  const manager = {
    contract: files,
    address: "server",
    cluster: undefined,
    key: "file/server",
    canServe: true,
    epoch: 1,
  };
  const endpoint = new Endpoint(
    { transport, msgpack, clock: stage.clock, receive() {} },
    { ...manager, running: () => [], deliver() {} },
    "reeve",
  );
  const entry = endpoint.entryOf("reeve.call.file.v1.read.any.client")!;
  const port = { router: stage.client, conversation, lane, endpoint, entry, receivedAt: 0 };
  calls.call(7, false);
  const incoming = new IncomingCall(port, 7, servedBy(files).get("read")!, process.binding, {}, 1_000);
  calls.began(7, incoming);
  const { call } = incoming;
  for (let step = 0; step < 10; step++) call.progress!.push("x".repeat(6_000));
  call.succeed("done");
  const answer = calls.answerTo(7)!;
  expect(msgpack.unpack(answer.answerTo(7), 0)).toEqual([16, 7, "done", 10]);
  expect(answer.answerTo(7).buffer.byteLength).toBeLessThan(100);
});
