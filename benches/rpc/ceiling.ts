import { connect, type Msg } from "@nats-io/transport-node";
import { pack } from "msgpackr";
import type { Payload } from "./payload.ts";
import type { Stack } from "./stack.ts";

/** Ours sends as many, where there are as many. */
export const callsPerMessage = 32;

/** What a message of ours has before its frames, and a frame beside its payload: kind, number, deadline. */
const headBytes = 48;
const callBytes = 14;
const answerBytes = 6;

/** What goes over the sockets, and nothing else: messages of {@link callsPerMessage} calls, and of as many answers, that nobody reads. */
export const ceiling: Stack = {
  async serve(servers) {
    const connection = await connect({ servers, noAsyncTraces: true });
    let answers = new Uint8Array();
    const callback = (_error: Error | null, message: Msg) => {
      // The caller says with its first message how long answers are: it knows the payload.
      const bytes = message.data.length - callsPerMessage * (callBytes - answerBytes);
      if (answers.length !== bytes) answers = new Uint8Array(bytes);
      connection.publish(message.reply!, answers);
    };
    connection.subscribe("ceiling", { callback });
    await connection.flush();
  },
  async connect(servers) {
    const connection = await connect({ servers, noAsyncTraces: true });
    const waiting: ((payload: Payload) => void)[] = [];
    let calls = new Uint8Array();
    let sent: Payload | undefined;
    // One callee answers in order.
    const callback = () => waiting.shift()!(sent!);
    connection.subscribe("_INBOX.ceiling", { callback });
    return (payload) => {
      if (sent !== payload) {
        sent = payload;
        calls = new Uint8Array(headBytes + callsPerMessage * (callBytes + pack(payload).length));
      }
      connection.publish("ceiling", calls, { reply: "_INBOX.ceiling" });
      return new Promise((resolve) => waiting.push(resolve));
    };
  },
};
